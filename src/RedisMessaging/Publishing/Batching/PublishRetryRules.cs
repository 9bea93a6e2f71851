using RedisMessaging.Bus.Stopping;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// Which failures are followed by another attempt: what Redis refused for a while or what never left this process always, what may be
/// stored only where storing it twice is impossible.
/// </summary>
internal static class PublishRetryRules
{
    /// <summary>Marks failed results whose messages Redis may have stored.</summary>
    public static void MarkPossiblyStored(Span<SendResult> results)
    {
        foreach (ref var result in results)
        {
            if (result.Error is { } error and not RedisMessagingException && RedisErrors.MayHaveBeenStored(error))
            {
                result = result with { MayBeStored = true };
            }
        }
    }

    /// <param name="isRemembered">Whether an id that an earlier attempt left will still be there when another one arrives.</param>
    public static bool IsRetried(in OutgoingFrame frame, in SendResult result, bool isRemembered) =>
        result.Error is { } error
            && (!result.MayBeStored || (frame.IsIdempotent && isRemembered) || result.Mark?.MayBeRepeated() == true)
            && IsTransient(error);

    /// <summary>A disk that is full stays so for longer than a restart takes.</summary>
    public static bool IsSlowlyTransient(in SendResult result) =>
        result.Error is { } error && RedisErrors.Classify(error) is FaultKind.Misconfigured;

    /// <summary>An attempt's result, with what earlier ones leave open.</summary>
    public static SendResult Merge(in SendResult earlier, in SendResult result)
    {
        if (result.Error is not null)
        {
            // The first attempt that may have stored it is the one to be repeated.
            return result with
            {
                MayBeStored = result.MayBeStored || earlier.MayBeStored,
                Mark = earlier.MayBeStored ? earlier.Mark : result.Mark,
            };
        }

        // An attempt that was certainly refused stored nothing that could be met again.
        return result.OwnDuplicate && earlier.MayBeStored ? result with { Duplicate = false } : result;
    }

    /// <summary>A publish that waits ends because the bus is being disposed.</summary>
    public static void Close(PendingPublish entry)
    {
        if (entry.WasAttempted)
        {
            CloseFailed(entry.Results.Span);
        }
        else
        {
            Close(entry.Results.Span);
        }
    }

    /// <summary>None of it was sent before the bus was disposed.</summary>
    public static void Close(Span<SendResult> results) => results.Fill(new SendResult(Error: BusDisposed.Error()));

    /// <summary>What failed while the bus was being disposed, and is certainly not stored, failed because of that.</summary>
    public static void CloseFailed(Span<SendResult> results)
    {
        foreach (ref var result in results)
        {
            if (result.Error is not (null or RedisMessagingException or ObjectDisposedException) && !result.MayBeStored)
            {
                result = result with { Error = BusDisposed.Error() };
            }
        }
    }

    /// <summary>A full Redis passes, too, but hardly by itself and soon: its publisher is told at once and can slow down.</summary>
    private static bool IsTransient(Exception error) =>
        error is not (RedisMessagingException or ObjectDisposedException)
            && RedisErrors.IsTransient(error)
            && RedisErrors.Classify(error) is not FaultKind.OutOfMemory;
}
