namespace RedisMessaging.Load.Targets;

/// <summary>The targets: what the library has to reach, on two cores, with the server on the same machine, AOF off and messages of 256 bytes as source-generated JSON.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<TargetGroup> Groups { get; } =
    [
        Publish(TransportKind.Queue, 64, 1.6),
        Publish(TransportKind.Stream, 64, 1.25),
        Publish(TransportKind.PubSub, 64, 1.1),
        Publish(TransportKind.Queue, 1, 0.95),
        Publish(TransportKind.Stream, 1, 0.95),
        Publish(TransportKind.PubSub, 1, 0.95),
        Drain(TransportKind.Queue),
        Drain(TransportKind.Stream),
        new PubSubTargets(
            new Target("flat-out-pubsub", "Pub/Sub end to end flat out, 64 publishers, to hand-written", 0.85, AtLeast: true),
            BytesRatio(TransportKind.PubSub),
            Bytes(TransportKind.PubSub, 1_200)),
        EndToEnd(TransportKind.Queue, 10, 1_100),
        EndToEnd(TransportKind.Stream, 8, 1_500),
        Latency(TransportKind.PubSub),
        Latency(TransportKind.Queue),
        Latency(TransportKind.Stream),
        new LargeTargets(new Target("large-queue", "4 KiB bodies, reliable queue, to BLMPOP 100 at most once", 0.6, AtLeast: true)),
    ];

    /// <summary>Those that have a row whose name starts with one of these; all without any.</summary>
    public static IReadOnlyList<TargetGroup> Named(IReadOnlyCollection<string> names)
    {
        var unknown = names.Where(name => !Groups.Any(group => Has(group, name))).ToArray();
        return unknown.Length > 0
            ? throw new ArgumentException($"There is no target '{unknown[0]}'. There are: {string.Join(", ", Groups.SelectMany(group => group.Targets).Select(target => target.Name))}; the start of a name will do.")
            : [.. Groups.Where(group => names.Count == 0 || names.Any(name => Has(group, name)))];
    }

    private static bool Has(TargetGroup group, string name) => group.Targets.Any(target => target.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    private static PublishTargets Publish(TransportKind transport, int callers, double wanted) =>
        new(transport, callers, new Target($"publish-{callers}-{Lower(transport)}", $"{Named(transport)}: publish awaited, {callers} {(callers == 1 ? "caller" : "callers")}, to the same bytes through StackExchange.Redis", wanted, AtLeast: true));

    private static DrainTargets Drain(TransportKind transport) =>
        new(transport, new Target($"drain-{Lower(transport)}", $"{Named(transport)}: drain a backlog of 1M to a no-op handler, to the best hand-written loop", 0.9, AtLeast: true));

    private static EndToEndTargets EndToEnd(TransportKind transport, double wanted, double bytes) => new(
        transport,
        new Target($"end-to-end-{Lower(transport)}", $"{Named(transport)}: end to end with ack, 64 publishers, to hand-written one by one", wanted, AtLeast: true),
        BytesRatio(transport),
        Bytes(transport, bytes));

    private static Target BytesRatio(TransportKind transport) =>
        new($"allocated-ratio-{Lower(transport)}", $"{Named(transport)}: allocated per message end to end, to the hand-written loop", 1.3, AtLeast: false);

    private static Target Bytes(TransportKind transport, double bytes) =>
        new($"allocated-{Lower(transport)}", $"{Named(transport)}: allocated per message end to end", bytes, AtLeast: false, "B");

    private static LatencyTargets Latency(TransportKind transport) => new(
        transport,
        new Target($"latency-p50-{Lower(transport)}", $"{Named(transport)}: publish to handler at 1,000/s, p50, to a raw blocking read", 1.2, AtLeast: false),
        new Target($"latency-p99-{Lower(transport)}", $"{Named(transport)}: publish to handler at 1,000/s, p99, to a raw blocking read", 1.5, AtLeast: false));

    private static string Named(TransportKind transport) => transport == TransportKind.PubSub ? "Pub/Sub" : transport.ToString();

    private static string Lower(TransportKind transport) => transport.ToString().ToLowerInvariant();
}
