using System.Diagnostics;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>A consumer in this process.</summary>
internal sealed class LocalConsumption : IConsumption
{
    private readonly LatencyHistogram _latency = new();
    private readonly TaskCompletionSource _warmedUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _warmUp;
    private readonly int _all;
    private int _count;
    private IAsyncDisposable? _consuming;

    private LocalConsumption(int warmUp, int messages)
    {
        _warmUp = warmUp;
        _all = warmUp + messages;
    }

    public static async Task<LocalConsumption> StartAsync(Way way, Place place, int warmUp, int messages)
    {
        var consumption = new LocalConsumption(warmUp, messages);
        consumption._consuming = await way.ConsumeAsync(place, consumption.Handle);
        return consumption;
    }

    public Task WarmedUpAsync() => EndsAsync(_warmedUp.Task);

    public async Task<Consumed> HandledAsync()
    {
        await EndsAsync(_handled.Task);
        return new Consumed(0, 0) { P50 = _latency.Percentile(0.5), P90 = _latency.Percentile(0.9), P99 = _latency.Percentile(0.99), P999 = _latency.Percentile(0.999) };
    }

    public ValueTask DisposeAsync() => _consuming!.DisposeAsync();

    private void Handle(LoadMessage message)
    {
        var took = Stopwatch.GetTimestamp() - message.SentAt;
        var count = Interlocked.Increment(ref _count);
        if (count > _warmUp)
        {
            _latency.Add(took);
        }
        else if (count == _warmUp)
        {
            _warmedUp.TrySetResult();
        }

        if (count == _all)
        {
            _handled.TrySetResult();
        }
    }

    private async Task EndsAsync(Task task)
    {
        var deadline = TimeSpan.FromMinutes(2);
        try
        {
            await task.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_count:N0} of {_all:N0} messages were handled in {deadline}.");
        }
    }
}
