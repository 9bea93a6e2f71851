using RedisMessaging.Transports.PubSub;
using RedisMessaging.Transports.Queue;
using RedisMessaging.Transports.Streams;

namespace RedisMessaging.Transports.Contracts;

/// <summary>The transports there are: with <see cref="TransportKind"/> the one place that knows them all.</summary>
internal static class TransportCatalog
{
    private static readonly ITransportFactory[] Factories = [new PubSubTransportFactory(), new QueueTransportFactory(), new StreamTransportFactory()];

    public static IReadOnlyList<ITransportFactory> All => Factories;

    public static ITransportFactory Get(TransportKind kind) => Array.Find(Factories, factory => factory.Kind == kind)
        ?? throw new RedisMessagingConfigurationException($"There is no transport '{kind}'. Use one of {string.Join(", ", Factories.Select(factory => factory.Kind))}.");
}
