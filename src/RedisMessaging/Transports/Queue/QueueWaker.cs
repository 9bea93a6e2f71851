using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>
/// Wakes the consumers of a queue that are parked, wherever they are, once messages have come to it while it was empty. In the background, and told by nobody whether any is: it asks, and
/// while the answer is no it asks less often, since a queue that its consumers keep empty is empty at each publish. A ring that is lost costs time: consumers look now and then.
/// </summary>
internal sealed class QueueWaker(TransportContext context, QueueKeys keys)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Lull = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan DeniedPause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private TimeSpan _pause = ShortestPause;
    private long _askedAt;
    private bool _running;
    private bool _again;
    private bool _toldDenied;

    /// <summary>Messages have come, and may be the first ones.</summary>
    public void Ring()
    {
        if (!keys.HasSignal)
        {
            return;
        }

        lock (_lock)
        {
            _again = true;
            if (_running)
            {
                return;
            }

            _running = true;
        }

        BackgroundLoop.Call(() => _ = RunAsync());
    }

    private async Task RunAsync()
    {
        if (context.Time.GetElapsedTime(_askedAt) > Lull)
        {
            _pause = ShortestPause;
        }

        while (TryBegin())
        {
            var pause = LongestPause;
            try
            {
                if (await RingAsync(context.Connections.Database).ConfigureAwait(false))
                {
                    _pause = ShortestPause;
                    continue;
                }

                pause = _pause;
                _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            }
            catch (Exception error)
            {
                pause = RedisErrors.IsDenied(error) ? DeniedPause : LongestPause;
                NoteFailure(error);
            }

            // What comes meanwhile is rung for behind the pause.
            _askedAt = context.Time.GetTimestamp();
            await Task.Delay(pause, context.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private bool TryBegin()
    {
        lock (_lock)
        {
            _running = _again;
            _again = false;
            return _running;
        }
    }

    private async Task<bool> RingAsync(IDatabase database)
    {
        // Not KeyDelete, which sends UNLINK where there is one: a right more to grant.
        if ((long)await database.ExecuteAsync("DEL", keys.WaitingConsumers).ConfigureAwait(false) == 0)
        {
            return false;
        }

        await database.StreamAddAsync(keys.Wake, "n", 1, maxLength: 1).ConfigureAwait(false);
        return true;
    }

    private void NoteFailure(Exception error)
    {
        if (RedisErrors.IsDenied(error) && !_toldDenied)
        {
            _toldDenied = true;
            Log.QueueWakeDenied(context.Logger, context.Topic, error);
        }
        else
        {
            Log.QueueWakeFailed(context.Logger, context.Topic, error);
        }
    }
}
