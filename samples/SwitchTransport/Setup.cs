using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace SwitchTransport;

/// <summary>The same for publisher and consumer, and for every transport but for one word.</summary>
internal static class Setup
{
    public const string Topic = "numbers";

    /// <summary>How long a consumer that was killed keeps what it held. The default is 30 s.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    /// <param name="transport">As the command line has it; <see langword="null"/> for what appsettings.json says.</param>
    public static IHost Build(string keyPrefix, string? transport)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration["RedisMessaging:KeyPrefix"] = keyPrefix;
        if (transport is not null)
        {
            builder.Configuration[$"RedisMessaging:Topics:{Topic}:Transport"] = transport;
        }

        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddTopic<Numbered>(Topic, TransportKind.Stream, topic =>
            {
                switch (topic)
                {
                    case StreamOptions stream:
                        stream.Lease = Lease;
                        break;
                    case QueueOptions queue:
                        queue.Lease = Lease;
                        break;
                }
            });
        });
        return builder.Build();
    }

    public static string ConnectionOf(IHost host) => host.Services.GetRequiredService<IConfiguration>()["RedisMessaging:Connection"] ?? "localhost:6379";

    public static IMessageBus BusOf(IHost host) => host.Services.GetRequiredService<IMessageBus>();
}
