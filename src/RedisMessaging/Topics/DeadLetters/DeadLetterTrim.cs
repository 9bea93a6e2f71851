using System.Diagnostics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Topics.DeadLetters;

/// <summary>Keeps a topic's dead letters within what its options allow. Nothing goes in silence: it is counted and logged.</summary>
internal static class DeadLetterTrim
{
    /// <summary><see cref="TopicOptions.DeadLetterMaxAge"/> for scripts: in ms, 0 for none.</summary>
    public static RedisValue MaxAgeOf(TopicOptions options) => (long)(options.DeadLetterMaxAge?.TotalMilliseconds ?? 0);

    /// <summary>
    /// Drops what is too old, and with it what is too much. The last dead letter may be old: every access trims.
    /// </summary>
    public static ValueTask WhenAgeIsLimitedAsync(TransportContext context, IDatabase database, TagList tags) =>
        context.Options.DeadLetterMaxAge is null ? ValueTask.CompletedTask : NowAsync(context, database, tags);

    public static async ValueTask NowAsync(TransportContext context, IDatabase database, TagList tags)
    {
        var call = CallOf(context, context.DeadLetterLimit, MaxAgeOf(context.Options));
        var dropped = (long)await call.RunAsync(database).ConfigureAwait(false);
        Note(context, dropped, tags);
    }

    /// <summary>Drops all.</summary>
    /// <returns>How many.</returns>
    public static async Task<long> PurgeAsync(TransportContext context, IDatabase database) =>
        (long)await CallOf(context, 0, 0).RunAsync(database).ConfigureAwait(false);

    public static void Note(TransportContext context, long dropped, TagList tags)
    {
        if (dropped > 0)
        {
            context.Instruments.DeadLettersTrimmed.Add(dropped, tags);
            Log.DeadLettersTrimmed(context.Logger, context.Topic, dropped, context.DeadLetterLimit, context.Options.DeadLetterMaxAge);
        }
    }

    private static ScriptCall CallOf(TransportContext context, RedisValue limit, RedisValue maxAge) => TopicCalls.TrimDeadLetters(
        context.Keys.DeadLetters,
        context.IndexesDeadLetters ? context.Keys.DeadLetterIndex : (RedisKey?)null,
        limit,
        maxAge);
}
