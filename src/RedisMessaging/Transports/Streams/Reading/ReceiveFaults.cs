using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;

namespace RedisMessaging.Transports.Streams.Reading;

/// <summary>Survives faults of the receive loop: counts each, logs the first and then one in ten seconds, waits before the next try.</summary>
internal sealed class ReceiveFaults(StreamConsumer consumer)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = consumer.Context.Time;
    private readonly Backoff _transient = new(consumer.Context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly Backoff _lasting = new(consumer.Context.Time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    private long? _failingSince;
    private long? _loggedAt;

    public async ValueTask SurviveAsync(Exception error, CancellationToken cancellationToken)
    {
        var now = _time.GetTimestamp();
        _failingSince ??= now;
        consumer.Context.Instruments.ReceiveFaults.Add(1, consumer.Tags);
        var isTransient = RedisErrors.IsTransient(error);
        if (_loggedAt is not { } loggedAt || _time.GetElapsedTime(loggedAt, now) >= LogInterval)
        {
            _loggedAt = now;
            if (isTransient)
            {
                Log.StreamReadFailed(consumer.Context.Logger, consumer.Context.Topic, consumer.Group, error);
            }
            else
            {
                Log.StreamReadRefused(consumer.Context.Logger, consumer.Context.Topic, consumer.Group, error);
            }
        }

        await (isTransient ? _transient : _lasting).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Over()
    {
        if (_failingSince is { } since)
        {
            Log.StreamReadRecovered(consumer.Context.Logger, consumer.Context.Topic, consumer.Group, _time.GetElapsedTime(since).TotalSeconds);
            _failingSince = null;
            _loggedAt = null;
            _transient.Reset();
            _lasting.Reset();
        }
    }
}
