using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Counts every message a full buffer dropped, and logs how many there were, at most once a second.</summary>
internal sealed class PubSubDrops(TransportContext context, string group, PubSubBuffer buffer)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _unlogged;
    private long? _loggedAt;

    public void Add(long count)
    {
        context.Instruments.Dropped.Add(count, Instruments.Consumer(context.Topic, group, "buffer-full"));
        Interlocked.Add(ref _unlogged, count);
        Log();
    }

    /// <summary>Logs what is not logged yet, when it is time to. Free when there is nothing.</summary>
    public void Log(bool last = false)
    {
        if (Interlocked.Read(ref _unlogged) == 0)
        {
            return;
        }

        long count;
        lock (_lock)
        {
            if (!last && _loggedAt is { } loggedAt && context.Time.GetElapsedTime(loggedAt) < LogInterval)
            {
                return;
            }

            _loggedAt = context.Time.GetTimestamp();
            count = Interlocked.Exchange(ref _unlogged, 0);
        }

        if (count > 0)
        {
            Diagnostics.Logging.Log.PubSubBufferFull(context.Logger, context.Topic, group, count, buffer.Capacity, buffer.ByteCapacity);
        }
    }
}
