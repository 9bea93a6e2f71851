using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace QuickStart;

/// <summary>The whole set-up, the same for every transport: which one a topic uses stands in the configuration.</summary>
internal static class Messaging
{
    public static IHost Build(HostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Arrivals>().AddSingleton<ReadingCount>();
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            // Stream, unless the configuration says Topics:greetings:Transport.
            messaging.AddTopic<Greeting>("greetings", TransportKind.Stream);
            messaging.AddHandler<Greeting, GreetingHandler>();

            messaging.AddTopic<Reading>("readings", TransportKind.Stream);
            messaging.AddHandler<Reading, ReadingHandler>(handler =>
            {
                handler.Concurrency = 4;
                handler.Prefetch = 2_000;
            });
        });
        return builder.Build();
    }
}
