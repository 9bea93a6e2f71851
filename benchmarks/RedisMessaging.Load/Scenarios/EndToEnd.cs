using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Publishers here and one consumer, until everything that was published is handled.</summary>
/// <param name="otherProcess">Whether the consumer has a process of its own.</param>
internal sealed class EndToEnd(string connection, bool otherProcess = false)
{
    private const int WarmUp = 500;

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
        await using var meter = await Meter.OpenAsync(connection);
        try
        {
            await using IConsumption consumption = otherProcess
                ? await ProcessConsumption.StartAsync(way, place, WarmUp, messages)
                : await LocalConsumption.StartAsync(way, place, WarmUp, messages);
            await using var sender = await way.OpenSenderAsync(place);
            await Callers.RunAsync(4, sender, MessageSource.Of(WarmUp));
            await consumption.WarmedUpAsync();
            await meter.StartAsync();
            await publish(sender);
            var consumed = await consumption.HandledAsync();
            var sample = await meter.StopAsync(way.Name, messages);
            return sample with
            {
                AllocatedBytes = sample.AllocatedBytes + consumed.AllocatedBytes,
                ClientMicroseconds = sample.ClientMicroseconds + consumed.ClientMicroseconds,
                P50 = consumed.P50,
                P90 = consumed.P90,
                P99 = consumed.P99,
                P999 = consumed.P999,
            };
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{way.Transport}, {way.Name}: {exception.Message}", exception);
        }
        finally
        {
            await place.ClearAsync();
        }
    }
}
