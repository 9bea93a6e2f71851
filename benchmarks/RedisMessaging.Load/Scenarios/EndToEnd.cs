using System.Diagnostics;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Publishers and one consumer in this process, until everything that was published is handled.</summary>
internal sealed class EndToEnd(string connection)
{
    private const int WarmUp = 500;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <summary>As fast as it goes: so many messages, by so many publishers that await each of theirs.</summary>
    public Task<Sample> FlatOutAsync(Way way, int publishers, int messages, int bytes = 256) =>
        RunAsync(way, messages, sender => Callers.RunAsync(publishers, sender, MessageSource.Of(messages, bytes)));

    /// <summary>So many messages a second, sent when their time has come whether or not the last one was answered.</summary>
    public Task<Sample> AtRateAsync(Way way, int rate, TimeSpan time, int bytes = 256)
    {
        var messages = (int)(rate * time.TotalSeconds);
        return RunAsync(way, messages, sender => Pacing.SendAsync(sender, messages, rate, bytes));
    }

    private async Task<Sample> RunAsync(Way way, int messages, Func<ISender, Task> publish)
    {
        var place = Place.New(connection);
        var latency = new LatencyHistogram();
        var left = WarmUp;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var meter = await Meter.OpenAsync(connection);
        var consuming = await way.ConsumeAsync(place, Handle);
        var sender = await way.OpenSenderAsync(place);
        try
        {
            await Callers.RunAsync(4, sender, MessageSource.Of(WarmUp));
            await EndsAsync();
            done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            left = messages;
            latency.Clear();
            await meter.StartAsync();
            await publish(sender);
            await EndsAsync();
            var sample = await meter.StopAsync(way.Name, messages);
            return sample with { P50 = latency.Percentile(0.5), P99 = latency.Percentile(0.99), P999 = latency.Percentile(0.999) };
        }
        finally
        {
            await sender.DisposeAsync();
            await consuming.DisposeAsync();
            await place.ClearAsync();
        }

        void Handle(LoadMessage message)
        {
            latency.Add(Stopwatch.GetTimestamp() - message.SentAt);
            if (Interlocked.Decrement(ref left) == 0)
            {
                done.TrySetResult();
            }
        }

        async Task EndsAsync()
        {
            try
            {
                await done.Task.WaitAsync(Deadline);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"{way.Transport}, {way.Name}: {left:N0} of {messages:N0} messages were not handled in {Deadline}.");
            }
        }
    }
}
