using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.ServerChecks;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Appending;

/// <summary>Gives publishes what Redis knows a repeat by (<c>XADD … IDMP</c>), where the server can: then a publish whose outcome is not known can be sent again.</summary>
internal sealed class StreamProducer(TransportContext context, StreamKeys keys)
{
    /// <summary>More at once would use up a series by itself.</summary>
    private const int Most = 5_000;

    private readonly TriedVerb _verb = new(database => CanRepeatAsync(database, keys), context.Time, isKnown: context.RepeatsPublishes == true);
    private PublishSeries _series = new();

    public Task AskAsync(IDatabase database) => context.RepeatsPublishes is null ? _verb.AskAsync(database) : Task.CompletedTask;

    /// <summary>Numbers for frames; none where the server does not know repeats, and where no frame can do anything with them.</summary>
    public PublishTags Draw(IDatabase database, ReadOnlySpan<OutgoingFrame> frames)
    {
        if (context.RepeatsPublishes == false || frames.Length > Most || !AnyIsPlain(frames) || !_verb.IsKnown(database, AnyIsAnotherAttempt(frames)))
        {
            return default;
        }

        while (true)
        {
            var series = Volatile.Read(ref _series);
            if (series.TryDraw(frames.Length, out var first))
            {
                return new PublishTags(series, first, context.Time.GetTimestamp());
            }

            Interlocked.CompareExchange(ref _series, new PublishSeries(), series);
        }
    }

    /// <summary>Notes of what failed what it can be repeated with.</summary>
    public void Note(ReadOnlySpan<OutgoingFrame> frames, Span<SendResult> results, in PublishTags tags)
    {
        if (!tags.Any)
        {
            return;
        }

        for (var i = 0; i < frames.Length; i++)
        {
            if (results[i].Error is not { } error || frames[i].NeedsScript)
            {
                continue;
            }

            if (error is RedisServerException server && RedisErrors.IsUnknownRepeat(server))
            {
                results[i] = new SendResult(Error: Doubt(error));
            }
            else if (RedisErrors.MayHaveBeenStored(error))
            {
                results[i] = results[i] with { Mark = tags.MarkOf(i, context.Time) };
            }
        }
    }

    private static bool AnyIsAnotherAttempt(ReadOnlySpan<OutgoingFrame> frames)
    {
        foreach (ref readonly var frame in frames)
        {
            if (frame.IsAnotherAttempt)
            {
                return true;
            }
        }

        return false;
    }

    private static bool AnyIsPlain(ReadOnlySpan<OutgoingFrame> frames)
    {
        foreach (ref readonly var frame in frames)
        {
            if (!frame.NeedsScript)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<bool> CanRepeatAsync(IDatabase database, StreamKeys keys) =>
        (bool)await StreamCalls.CanRepeat(keys.Stream, keys.Never).RunAsync(database).ConfigureAwait(false);

    /// <summary>It passes: the next attempt goes without, in its order.</summary>
    private RedisServerException Doubt(Exception error)
    {
        if (_verb.Doubt())
        {
            Log.RepeatsUnknown(context.Logger, context.Topic, error);
        }

        return new RedisServerException($"TRYAGAIN the server does not know XADD … IDMP any more: {BoundedText.MessageOf(error)}");
    }
}
