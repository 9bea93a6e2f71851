using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>What the feeds of one family's consumer share.</summary>
/// <param name="Queue">Where they put what they read.</param>
/// <param name="Budget">How much more than its minimum a read may ask for.</param>
/// <param name="Pause">When they do not read.</param>
internal sealed record FeedCoordination(FairQueue Queue, ReadAheadBudget Budget, ReadPause Pause)
{
    public static FeedCoordination For(ReceiverOptions options) =>
        new(new FairQueue(), new ReadAheadBudget(options.Prefetch, options.PrefetchBytes), new ReadPause());
}
