using System.Diagnostics.Metrics;
using System.Text;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.PubSub;

namespace RedisMessaging.Tests.Transports.PubSub;

/// <summary>The Pub/Sub transport on a real Redis, without the bus around it.</summary>
internal sealed class PubSubTestBed : IAsyncDisposable
{
    private readonly Instruments _instruments = new();
    private readonly MeterListener _listener = new();
    private readonly TimeProvider _time;
    private long _dropped;

    public PubSubTestBed(string connectionString, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Connections = new RedisConnections(
            new ConnectionSettings
            {
                Source = ConnectionSource.From(connectionString),
                StartTimeout = TimeSpan.FromSeconds(10),
                StartWithoutRedis = false,
                ClientName = "test",
            },
            TimeProvider.System,
            Log);
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _dropped, count));
        _listener.EnableMeasurementEvents(_instruments.Dropped.Instrument!);
    }

    public RedisConnections Connections { get; }

    public ListLoggerProvider Log { get; } = new();

    /// <summary>What <c>redismessaging.messages.dropped</c> says.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public static ReceiverOptions To(string address) => new() { Address = address, Group = "group", Consumer = "consumer", Prefetch = 10 };

    public static async Task<SendResult> SendAsync(ITransport transport, string address, string text)
    {
        var results = new SendResult[1];
        await transport.SendAsync(address, new[] { new OutgoingFrame(Encoding.UTF8.GetBytes(text), text) }, results, CancellationToken.None);
        return results[0];
    }

    public static async Task<List<Delivery>> ReceiveAsync(IReceiver receiver, int count)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var received = new List<Delivery>();
        var buffer = new Delivery[100];
        while (received.Count < count)
        {
            var taken = await receiver.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, count - received.Count)), new ReceiveBounds(long.MaxValue), deadline.Token);
            received.AddRange(buffer.AsSpan(0, taken));
        }

        return received;
    }

    public static string TextOf(Delivery delivery) => Encoding.UTF8.GetString(delivery.Frame.Span);

    public ITransport Create(string topic, string prefix, PubSubOptions? options = null) => new PubSubTransportFactory().Create(
        new TransportContext(topic, prefix, new TopicKeys(prefix, topic), options ?? new PubSubOptions(), Connections, _time, Log, _instruments));

    public async ValueTask DisposeAsync()
    {
        await Connections.DisposeAsync();
        _listener.Dispose();
        _instruments.Dispose();
        Log.Dispose();
    }
}
