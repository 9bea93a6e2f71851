using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace Notifications;

/// <summary>What users and senders have in common: a topic for each user. How long what is for them is kept stands in appsettings.json.</summary>
internal static class Setup
{
    public const string Family = "notifications:{userId}";

    /// <param name="transport">As the command line has it; <see langword="null"/> for what appsettings.json says.</param>
    public static IHost Build(string? transport)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        if (transport is not null)
        {
            builder.Configuration[$"RedisMessaging:Topics:{Family}:Transport"] = transport;
        }

        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddTopic<Notification>(Family, TransportKind.Stream);
        });
        return builder.Build();
    }

    /// <summary>A user's own member of the family. Without the colon, which separates a topic's parts: <c>minji</c>, not <c>min:ji</c>.</summary>
    public static string ChannelOf(string userId) => $"notifications:{userId}";

    public static IMessageBus BusOf(IHost host) => host.Services.GetRequiredService<IMessageBus>();
}
