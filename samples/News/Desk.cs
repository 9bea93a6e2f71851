using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace News;

/// <summary>What publisher and subscriber have in common. Which transport the channels have stands in appsettings.json.</summary>
internal static class Desk
{
    public const string Channels = "news:*";

    public static IHost Build(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddTopic<NewsItem>(Channels, TransportKind.PubSub);
        });
        return builder.Build();
    }

    public static IMessageBus BusOf(IHost host) => host.Services.GetRequiredService<IMessageBus>();
}
