using RedisMessaging.Load.Ways.ByHand;

namespace RedisMessaging.Load.Ways;

/// <summary>The ways there are, by name: a second process is told only that.</summary>
internal static class AllWays
{
    /// <summary>As many as a batch of the best hand-written loops may have.</summary>
    private static readonly int[] Counts = [100, 250, 500];

    public static IReadOnlyList<Way> Of(TransportKind transport) => transport switch
    {
        TransportKind.PubSub => UsualOf(transport),
        _ => [.. UsualOf(transport), .. BestOf(transport), .. PrefetchesOf(transport)],
    };

    /// <summary>The bus with 16 handlers, and what its consumer holds by default, with the smallest default and with the largest.</summary>
    public static IReadOnlyList<Way> PrefetchesOf(TransportKind transport) =>
    [
        new BusWay(transport, "16-handlers") { Concurrency = 16, Prefetch = null },
        new BusWay(transport, "16-handlers-100") { Concurrency = 16, Prefetch = 100 },
        new BusWay(transport, "16-handlers-1000") { Concurrency = 16, Prefetch = 1_000 },
    ];

    public static Way Named(TransportKind transport, string name) =>
        Of(transport).FirstOrDefault(way => way.Name == name)
        ?? throw new ArgumentException($"{transport} has no way '{name}'. There are: {string.Join(", ", Of(transport).Select(way => way.Name))}.");

    /// <summary>The hand-written loops of the same guarantee, in batches: the best one is the one to be held against.</summary>
    public static IReadOnlyList<Way> BestOf(TransportKind transport) => transport switch
    {
        TransportKind.PubSub => [Channel()],
        TransportKind.Queue =>
        [
            .. Counts.Select(count => Claim(count, ahead: false, fused: false)),
            .. Counts.Select(count => Claim(count, ahead: true, fused: false)),
            Claim(250, ahead: false, fused: true),
        ],
        _ =>
        [
            .. Counts.Select(count => Group(count, ahead: false)),
            .. Counts.Select(count => Group(count, ahead: true)),
        ],
    };

    /// <summary>What is held against end to end: batches with one ack each.</summary>
    public static Way BatchOf(TransportKind transport, int count = 100) => transport switch
    {
        TransportKind.PubSub => Channel(),
        TransportKind.Queue => Claim(count, ahead: false, fused: false),
        _ => Group(count, ahead: false),
    };

    /// <summary>One message after the other, each with an ack that is awaited: what people write.</summary>
    public static Way OneByOneOf(TransportKind transport) => transport == TransportKind.Queue
        ? new HandWay(transport, "one-by-one", (place, handle) => new MoveConsumer(place, handle, awaitAck: true)) { SlowestRate = 4_000 }
        : new HandWay(transport, "one-by-one", (place, handle) => new GroupOneByOneConsumer(place, handle, 10, awaitAck: true)) { SlowestRate = 5_000 };

    /// <summary>A blocking read with nothing around it: the quickest that a message can come.</summary>
    public static Way RawReadOf(TransportKind transport) => transport switch
    {
        TransportKind.PubSub => Channel(),
        TransportKind.Queue => new HandWay(transport, "raw-read", (place, handle) => new MoveConsumer(place, handle, awaitAck: false)) { SlowestRate = 5_000 },
        _ => new HandWay(transport, "raw-read", (place, handle) => new GroupOneByOneConsumer(place, handle, 100, awaitAck: false)),
    };

    /// <summary>The bus and what people usually write.</summary>
    public static IReadOnlyList<Way> UsualOf(TransportKind transport) => transport == TransportKind.PubSub
        ? [new BusWay(transport), Channel(), Channel(fireAndForget: true)]
        : [new BusWay(transport), .. LoopsOf(transport)];

    private static IEnumerable<Way> LoopsOf(TransportKind transport)
    {
        yield return OneByOneOf(transport);
        yield return RawReadOf(transport);
        yield return new HandWay(transport, "poll-100ms", (place, handle) => new PollConsumer(place, handle, transport, TimeSpan.FromMilliseconds(100))) { SlowestRate = 4_000 };
        yield return new HandWay(transport, "poll-1s", (place, handle) => new PollConsumer(place, handle, transport, TimeSpan.FromSeconds(1))) { SlowestRate = 4_000 };
        if (transport == TransportKind.Queue)
        {
            yield return new HandWay(transport, "park-100", (place, handle) => new ParkConsumer(place, handle, 100));
            yield return new HandWay(transport, "brpop", (place, handle) => new PopConsumer(place, handle, 1)) { SlowestRate = 8_000 };
            yield return new HandWay(transport, "blmpop-100", (place, handle) => new PopConsumer(place, handle, 100));
            yield return new HandWay(transport, "fire-and-forget", (place, handle) => new ClaimConsumer(place, handle, 100, ahead: false, fused: false)) { FireAndForget = true };
        }
        else
        {
            yield return new HandWay(transport, "fire-and-forget", (place, handle) => new GroupConsumer(place, handle, 100, ahead: false)) { FireAndForget = true };
        }
    }

    private static HandWay Channel(bool fireAndForget = false) =>
        new(TransportKind.PubSub, fireAndForget ? "fire-and-forget" : "channel", (place, handle) => new ChannelConsumer(place, handle)) { FireAndForget = fireAndForget };

    private static HandWay Claim(int count, bool ahead, bool fused) =>
        new(TransportKind.Queue, $"claim-{count}{(ahead ? "-ahead" : "")}{(fused ? "-fused" : "")}", (place, handle) => new ClaimConsumer(place, handle, count, ahead, fused));

    private static HandWay Group(int count, bool ahead) =>
        new(TransportKind.Stream, $"group-{count}{(ahead ? "-ahead" : "")}", (place, handle) => new GroupConsumer(place, handle, count, ahead));
}
