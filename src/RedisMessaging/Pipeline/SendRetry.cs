using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>
/// Sends frames, and those again that failed for a reason that passes: what Redis refused or what never left this process always, what may be stored only where
/// storing it twice is impossible. Until all are answered, time is up, or the caller has had enough.
/// </summary>
/// <param name="longest">How long after the first attempt another one may begin; zero: never.</param>
internal sealed class SendRetry(TimeSpan longest, TimeProvider time, ILogger logger, Instruments instruments)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Sends frames in their order. What is sent again comes after what was not, in its order.</summary>
    /// <param name="results">One for each frame, errors included.</param>
    /// <param name="mayRetry">False where an earlier part of the same call has used up the time.</param>
    /// <returns>Whether another part of the same call may be retried.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before anything was sent.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> SendAsync(TopicRuntime topic, string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, bool mayRetry, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            await topic.Transport.SendAsync(address, frames, results, cancellationToken).ConfigureAwait(false);
            Judge(results.Span);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // A transport throws only before it has sent anything.
            results.Span.Fill(new SendResult(Error: error));
        }

        return mayRetry && (!HasFailed(results.Span) || await RetryAsync(started, topic, address, frames, results, cancellationToken).ConfigureAwait(false));
    }

    private static bool HasFailed(ReadOnlySpan<SendResult> results)
    {
        foreach (ref readonly var result in results)
        {
            if (result.Error is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>False when time was up.</returns>
    private async Task<bool> RetryAsync(long started, TopicRuntime topic, string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time, First, Longest);
        for (var attempt = 2; ; attempt++)
        {
            var elapsed = time.GetElapsedTime(started);
            var next = backoff.Next();
            var again = Again(frames.Span, results.Span, IsRemembered(topic, elapsed + next), out var slowly);
            if (again.Length == 0)
            {
                return true;
            }

            if (elapsed >= longest)
            {
                return false;
            }

            // A disk that is full stays so for longer than a restart takes.
            var wait = slowly ? Longest : next;
            wait = wait < longest - elapsed ? wait : longest - elapsed;
            Log.PublishRetried(logger, again.Length, topic.Name, attempt, wait.TotalSeconds, results.Span[again[0]].Error!);
            try
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // What became of the attempts so far is all there is to say.
                return false;
            }

            instruments.PublishRetries.Add(again.Length, Instruments.Topic(topic.Name));
            var some = Array.ConvertAll(again, index => frames.Span[index]);
            var outcomes = new SendResult[some.Length];
            // Without the caller's token, with which a transport would say that nothing was sent.
            await SendAsync(topic, address, some, outcomes, mayRetry: false, CancellationToken.None).ConfigureAwait(false);
            for (var i = 0; i < again.Length; i++)
            {
                results.Span[again[i]] = After(results.Span[again[i]], outcomes[i]);
            }
        }
    }

    /// <summary>An attempt's result, with what earlier ones leave open.</summary>
    private static SendResult After(in SendResult earlier, in SendResult result)
    {
        if (result.Error is not null)
        {
            return result with { MayBeStored = result.MayBeStored || earlier.MayBeStored };
        }

        // An attempt that was certainly refused stored nothing that could be met again.
        return result.OwnDuplicate && earlier.MayBeStored ? result with { Duplicate = false } : result;
    }

    /// <summary>Whether an id that the first attempt left will still be there when another one arrives: not with a window that is hardly longer than a reply takes.</summary>
    private static bool IsRemembered(TopicRuntime topic, TimeSpan elapsed) => elapsed < topic.Definition.Options.DeduplicationWindow / 2;

    /// <summary>Which frames to send again.</summary>
    private static int[] Again(ReadOnlySpan<OutgoingFrame> frames, ReadOnlySpan<SendResult> results, bool isRemembered, out bool slowly)
    {
        var again = new List<int>();
        slowly = true;
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Error is { } error && (!results[i].MayBeStored || (frames[i].IsIdempotent && isRemembered)) && Passes(error))
            {
                again.Add(i);
                slowly &= RedisErrors.Classify(error) is RedisErrorKind.Misconfigured;
            }
        }

        return [.. again];
    }

    /// <summary>A full Redis passes, too, but hardly by itself and soon: its publisher is told at once and can slow down.</summary>
    private static bool Passes(Exception error) =>
        error is not (RedisMessagingException or ObjectDisposedException) && RedisErrors.IsTransient(error) && RedisErrors.Classify(error) is not RedisErrorKind.OutOfMemory;

    private static void Judge(Span<SendResult> results)
    {
        foreach (ref var result in results)
        {
            if (result.Error is { } error and not RedisMessagingException && RedisErrors.MayHaveBeenStored(error))
            {
                result = result with { MayBeStored = true };
            }
        }
    }
}
