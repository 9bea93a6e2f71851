using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Publishing alone, for some time, by callers that await each message. Nobody consumes; what is stored is deleted afterwards.</summary>
internal sealed class PublishRun(string way, Place place, ISender sender, int callers, TimeSpan time) : IAsyncDisposable
{
    private Meter? _meter;

    public async Task<Sample> RunAsync()
    {
        _meter ??= await Meter.OpenAsync(place.Connection);
        await Callers.RunAsync(callers, sender, MessageSource.For(time / 10));
        await EmptyAsync();
        var source = MessageSource.For(time);
        await _meter.StartAsync();
        await Callers.RunAsync(callers, sender, source);
        var sample = await _meter.StopAsync(way, source.Taken);
        await EmptyAsync();
        return sample;
    }

    public async ValueTask DisposeAsync()
    {
        await sender.DisposeAsync();
        await place.ClearAsync();
        if (_meter is not null)
        {
            await _meter.DisposeAsync();
        }
    }

    private async Task EmptyAsync()
    {
        await using var connection = await place.ConnectAsync();
        await connection.GetDatabase().KeyDeleteAsync([place.Queue, place.Stream]);
    }
}
