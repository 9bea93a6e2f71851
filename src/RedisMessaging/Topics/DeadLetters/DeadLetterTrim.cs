using System.Diagnostics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Topics.DeadLetters;

/// <summary>Keeps a topic's dead letters within what its options allow. Nothing goes in silence: it is counted and logged.</summary>
internal static class DeadLetterTrim
{
    private static readonly string Script = EmbeddedScript.Load("dead-letter-trim");

    /// <summary><see cref="TopicOptions.DeadLetterMaxAge"/> for scripts: in ms, 0 for none.</summary>
    public static RedisValue MaxAgeOf(TopicOptions options) => (long)(options.DeadLetterMaxAge?.TotalMilliseconds ?? 0);

    /// <summary>Drops what is too old, and with it what is too much. What was kept aside last may be long ago: whoever comes by looks.</summary>
    public static ValueTask WhenAgeIsLimitedAsync(TransportContext context, IDatabase database, TagList tags) =>
        context.Options.DeadLetterMaxAge is null ? ValueTask.CompletedTask : NowAsync(context, database, tags);

    public static async ValueTask NowAsync(TransportContext context, IDatabase database, TagList tags)
    {
        var dropped = (long)await database.ScriptEvaluateAsync(Script, KeysOf(context), [context.DeadLetterLimit, MaxAgeOf(context.Options)]).ConfigureAwait(false);
        Note(context, dropped, tags);
    }

    /// <summary>Drops all.</summary>
    /// <returns>How many.</returns>
    public static async Task<long> PurgeAsync(TransportContext context, IDatabase database) =>
        (long)await database.ScriptEvaluateAsync(Script, KeysOf(context), [0, 0]).ConfigureAwait(false);

    public static void Note(TransportContext context, long dropped, TagList tags)
    {
        if (dropped > 0)
        {
            context.Instruments.DeadLettersTrimmed.Add(dropped, tags);
            Log.DeadLettersTrimmed(context.Logger, context.Topic, dropped, context.DeadLetterLimit, context.Options.DeadLetterMaxAge);
        }
    }

    private static RedisKey[] KeysOf(TransportContext context) => context.IndexesDeadLetters
        ? [context.Keys.DeadLetters, context.Keys.DeadLetterIndex]
        : [context.Keys.DeadLetters];
}
