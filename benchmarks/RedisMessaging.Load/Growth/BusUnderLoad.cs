using System.Diagnostics;
using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Ways;
using StackExchange.Redis;

namespace RedisMessaging.Load.Growth;

/// <summary>A bus, the deliveries its handlers counted, and what they cost.</summary>
internal sealed class BusUnderLoad : IAsyncDisposable
{
    private const int Callers = 64;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly Meter _meter;
    private readonly int _connectionsBefore;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _wanted = long.MaxValue;
    private long _handled;

    private BusUnderLoad(RedisMessageBus bus, Place place, Meter meter, int connectionsBefore)
    {
        Bus = bus;
        Place = place;
        _meter = meter;
        _connectionsBefore = connectionsBefore;
    }

    public RedisMessageBus Bus { get; }

    public Place Place { get; }

    public static async Task<BusUnderLoad> ConnectAsync(string connection, Action<RedisMessagingBuilder> configure, Place? place = null)
    {
        place ??= Place.New(connection);
        var meter = await Meter.OpenAsync(connection);
        var before = await CountAsync(place);
        var bus = await RedisMessageBus.ConnectAsync(connection, messaging =>
        {
            messaging.KeyPrefix = place.Prefix;
            messaging.Application = "RedisMessaging.Load";
            messaging.UseJson(LoadJson.Default);
            configure(messaging);
        });
        return new BusUnderLoad(bus, place, meter, before);
    }

    /// <param name="again">Whether each message that is handled is published again.</param>
    public async Task<IMessageSubscription> SubscribeAsync(string topic, int prefetch = 1_000, int concurrency = 1, bool again = false) => await Bus.SubscribeAsync<LoadMessage>(
        topic,
        async (message, _, token) =>
        {
            if (again)
            {
                await Bus.PublishToAsync(topic, message, cancellationToken: token);
            }

            if (Interlocked.Increment(ref _handled) == Interlocked.Read(ref _wanted))
            {
                _done.TrySetResult();
            }
        },
        new SubscribeOptions { Group = Place.Group, Prefetch = prefetch, Concurrency = concurrency });

    /// <summary>Publishes so many messages by 64 callers and waits until so many more are handled.</summary>
    /// <param name="topic">Where each message goes, by its number.</param>
    /// <param name="deliveries">How many deliveries to wait for; 0 for none.</param>
    public async Task<(Sample Sample, int Connections)> PublishAsync(int messages, Func<int, string> topic, long deliveries)
    {
        var connections = await CountAsync(Place) - _connectionsBefore;
        await _meter.StartAsync();
        var (next, started) = (-1, Stopwatch.GetTimestamp());
        Expect(deliveries);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < messages; i = Interlocked.Increment(ref next))
            {
                await Bus.PublishToAsync(topic(i), LoadMessage.Create(Stopwatch.GetTimestamp()));
            }
        })));
        await EndsAsync(deliveries);
        return (await _meter.StopAsync("bus", messages, Stopwatch.GetElapsedTime(started).TotalSeconds), connections);
    }

    /// <summary>Subscribes, and waits until so many messages that are there are handled.</summary>
    public async Task<(Sample Sample, int Connections)> HandleAsync(int messages, Func<Task> subscribe)
    {
        await _meter.StartAsync();
        var started = Stopwatch.GetTimestamp();
        Expect(messages);
        await subscribe();
        await EndsAsync(messages);
        var sample = await _meter.StopAsync("bus", messages, Stopwatch.GetElapsedTime(started).TotalSeconds);
        return (sample, await CountAsync(Place) - _connectionsBefore);
    }

    public async ValueTask DisposeAsync()
    {
        await Bus.DisposeAsync();
        await Place.ClearAsync();
        await _meter.DisposeAsync();
    }

    private void Expect(long deliveries)
    {
        Interlocked.Exchange(ref _wanted, deliveries == 0 ? long.MaxValue : Interlocked.Read(ref _handled) + deliveries);
    }

    private async Task EndsAsync(long deliveries)
    {
        if (deliveries == 0)
        {
            return;
        }

        try
        {
            await _done.Task.WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Interlocked.Read(ref _handled):N0} of {Interlocked.Read(ref _wanted):N0} deliveries were handled in {Deadline}.");
        }
    }

    /// <summary>The server's connections, without the one that asks.</summary>
    private static async Task<int> CountAsync(Place place)
    {
        var options = ConfigurationOptions.Parse(place.Connection);
        options.AllowAdmin = true;
        options.CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        var line = (await connection.GetServers()[0].InfoRawAsync("clients") ?? "").Split('\n').Single(line => line.StartsWith("connected_clients:", StringComparison.Ordinal));
        return int.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), System.Globalization.CultureInfo.InvariantCulture) - 1;
    }
}
