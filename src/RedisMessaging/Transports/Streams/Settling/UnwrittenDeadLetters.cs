using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Settling;

/// <summary>
/// The dead letters of trimmed entries that Redis refused when it dropped the entries from the pending ones. They hold no message, only where it stood, and are written in the background once
/// Redis takes them, or when the consumer stops.
/// </summary>
internal sealed class UnwrittenDeadLetters(StreamConsumer consumer) : IAsyncDisposable
{
    private const int Most = 1_000;
    private const int MostAtOnce = 100;

    private readonly Lock _lock = new();
    private readonly List<(StreamSource Lane, string Id)> _waiting = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    /// <summary>These were refused just now.</summary>
    public void Add(StreamSource lane, string[] ids)
    {
        if (ids.Length == 0)
        {
            return;
        }

        int kept;
        lock (_lock)
        {
            kept = Math.Min(ids.Length, Most - _waiting.Count);
            _waiting.AddRange(ids.Take(kept).Select(id => (lane, id)));
            _running ??= BackgroundLoop.StartLasting(nameof(UnwrittenDeadLetters), consumer.Context.Logger, RunAsync, () => _stop.IsCancellationRequested);
        }

        Log.TrimmedLettersRefused(consumer.Context.Logger, consumer.Context.Topic, consumer.Group, ids.Length, ids.Length - kept, ids[0]);
    }

    /// <summary>One last try.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            _stop.Cancel();
            running = _running;
        }

        await (running ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff(consumer.Context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        while (Next() is { Count: > 0 } next)
        {
            await backoff.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var isLast = _stop.IsCancellationRequested;
            foreach (var lane in next.GroupBy(letter => letter.Lane))
            {
                await WriteAsync(lane.Key, [.. lane.Select(letter => letter.Id)]).ConfigureAwait(false);
            }

            if (isLast)
            {
                return;
            }
        }
    }

    private List<(StreamSource Lane, string Id)> Next()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _running = null;
            }

            return [.. _waiting.Take(MostAtOnce)];
        }
    }

    private async Task WriteAsync(StreamSource lane, string[] ids)
    {
        try
        {
            var call = StreamCalls.WriteTrimmed(
                consumer.Starts,
                consumer.DeadLetters,
                consumer.Group,
                consumer.Context.Topic,
                sourceCode: StreamConsumer.LetterOf(lane),
                ids: Array.ConvertAll(ids, id => (RedisValue)id));
            var again = (string[])(await call.RunAsync(consumer.Context.Connections.Database).ConfigureAwait(false))!;
            var written = ids.Except(again).ToHashSet();
            lock (_lock)
            {
                _waiting.RemoveAll(letter => letter.Lane == lane && written.Contains(letter.Id));
            }
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // The next round tries again.
        }
    }
}
