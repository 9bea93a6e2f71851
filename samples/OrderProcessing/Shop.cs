using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace OrderProcessing;

/// <summary>What all programs of the sample have in common. The lease stands in appsettings.json.</summary>
internal static class Shop
{
    public const string Topic = "orders";

    /// <summary>The workers' group: each order goes to one of them.</summary>
    public const string Group = "processing";

    /// <param name="args">Settings as a command line has them: <c>--workers 5</c>.</param>
    /// <param name="configure">Adds handlers.</param>
    public static IHost Build(string[] args, Action<RedisMessagingBuilder>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddStream<Order>(Topic);
            configure?.Invoke(messaging);
        });
        return builder.Build();
    }

    public static IMessageBus BusOf(IHost host) => host.Services.GetRequiredService<IMessageBus>();

    public static IConfiguration SettingsOf(IHost host) => host.Services.GetRequiredService<IConfiguration>();
}
