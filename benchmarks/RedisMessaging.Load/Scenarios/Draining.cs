using System.Diagnostics;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Handling a backlog with a handler that does nothing, from its first message to its last. The backlog is published once, through the bus, and copied for every run.</summary>
internal sealed class Draining : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Place _template;
    private readonly TransportKind _transport;
    private readonly int _messages;
    private readonly Meter _meter;

    private Draining(Place template, TransportKind transport, int messages, Meter meter)
    {
        _template = template;
        _transport = transport;
        _messages = messages;
        _meter = meter;
    }

    public static async Task<Draining> PrepareAsync(string connection, TransportKind transport, int messages)
    {
        var template = Place.New(connection);
        await Backlog.PublishAsync(template, transport, messages);
        return new Draining(template, transport, messages, await Meter.OpenAsync(connection));
    }

    /// <param name="messages">How many of the backlog's messages; <see langword="null"/> for all.</param>
    public async Task<Sample> RunAsync(Way way, int? messages = null)
    {
        var wanted = messages ?? _messages;
        var place = Place.New(_template.Connection);
        await Backlog.CopyAsync(_template, place, _transport);
        var (first, last, handled) = (0L, 0L, 0);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _meter.StartAsync();
        var consuming = await way.ConsumeAsync(place, _ =>
        {
            var count = Interlocked.Increment(ref handled);
            if (count == 1)
            {
                first = Stopwatch.GetTimestamp();
            }
            else if (count == wanted)
            {
                last = Stopwatch.GetTimestamp();
                done.TrySetResult();
            }
        });
        try
        {
            await done.Task.WaitAsync(Deadline);
            return await _meter.StopAsync(way.Name, wanted, Stopwatch.GetElapsedTime(first, last).TotalSeconds);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_transport}, {way.Name}: {handled:N0} of {wanted:N0} messages were handled in {Deadline}.");
        }
        finally
        {
            await consuming.DisposeAsync();
            await place.ClearAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _template.ClearAsync();
        await _meter.DisposeAsync();
    }
}
