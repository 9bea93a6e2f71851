using Microsoft.Extensions.Logging;
using RedisMessaging.Bus;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Reading;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Support;

/// <summary>A consumer as the bus runs it, over a receiver without Redis: pump, pipeline, handlers or a reader.</summary>
internal sealed class FakeConsumer : IAsyncDisposable
{
    private readonly Instruments _instruments = new();
    private readonly JsonMessageSerializer _json = new(null, [SampleJson.Default], null);
    private readonly ListLoggerProvider _log = new();
    private readonly TimeProvider _time;
    private readonly ConsumerDefinition _definition;
    private readonly TimeSpan _shutdownTimeout;
    private HandlerWorkers? _loop;
    private Task? _stopping;

    /// <param name="handle">The handler of string messages.</param>
    /// <param name="time">Default: the system's.</param>
    /// <param name="transport">Its capabilities count, nothing else.</param>
    public FakeConsumer(
        Func<string, MessageContext, CancellationToken, ValueTask> handle,
        int concurrency = 1,
        int prefetch = 100,
        TimeProvider? time = null,
        TransportKind transport = TransportKind.Stream,
        TimeSpan? shutdownTimeout = null,
        Action<TopicOptions>? topic = null,
        Action<HandlerOptions>? handler = null)
        : this(
            b => b.AddHandler<string>((message, context, token) => handle(message, context, token), h =>
            {
                (h.Group, h.Concurrency, h.Prefetch) = ("group", concurrency, prefetch);
                handler?.Invoke(h);
            }),
            time,
            transport,
            shutdownTimeout,
            topic)
    {
    }

    /// <param name="handlers">Adds handlers of the group "group".</param>
    /// <param name="time">Default: the system's.</param>
    /// <param name="transport">Its capabilities count, nothing else.</param>
    public FakeConsumer(
        Action<RedisMessagingBuilder> handlers,
        TimeProvider? time = null,
        TransportKind transport = TransportKind.Stream,
        TimeSpan? shutdownTimeout = null,
        Action<TopicOptions>? topic = null)
    {
        _time = time ?? TimeProvider.System;
        _shutdownTimeout = shutdownTimeout ?? TimeSpan.FromSeconds(10);
        _definition = Configured.Model(b =>
        {
            b.AddTopic("topic", transport, t =>
            {
                t.Carries<string>("text").Carries<OrderShipped>();
                topic?.Invoke(t);
            });
            handlers(b);
        }).Consumers.Single();
        Leases = new LeaseRenewals(() => Task.FromResult<ILeaseConnection>(new NoLeaseConnection()), _time, _log);
        Gate = new HandlerStartLimiter(_definition.RateLimit, _time);
        Pump = new ConsumerPump(Receiver, _definition, _definition.Topic.Capabilities, Gate, Leases, new BusServices(_time, _log, _instruments));
    }

    public FakeReceiver Receiver { get; } = new();

    public ConsumerPump Pump { get; }

    public LeaseRenewals Leases { get; }

    public HandlerStartLimiter Gate { get; }

    public ListLoggerProvider Log => _log;

    public void Push(string text, bool redelivered = false, int starts = 0, DateTimeOffset? expiresAt = null, string? key = null, bool suspect = false) =>
        Receiver.Push(EnvelopeWriter.Write(new EnvelopeHeader { MessageId = text, Type = "text", Key = key, ExpiresAtMs = expiresAt?.ToUnixTimeMilliseconds() }, _json, text), redelivered, starts, suspect);

    public void Push(ReadOnlyMemory<byte> frame) => Receiver.Push(frame);

    public FakeConsumer Start()
    {
        var services = EmptyServiceProvider.Instance;
        var batches = _definition.BatchSize > 0 ? new BatchGathering(_definition, services, _time, _log) { IsOutOfBytes = () => Pump.IsOutOfBytes } : null;
        var busServices = new BusServices(_time, _log, _instruments);
        var pipeline = MessagePipelines.Consume(_definition, _json, [], services, Pump, batches, null, null!, busServices);
        var processor = new MessageProcessor(_definition, Pump, pipeline, batches, services, busServices);
        _loop = new HandlerWorkers(_definition, Pump, processor, batches, _shutdownTimeout, busServices);
        _loop.Start();
        return this;
    }

    /// <summary>Once, as a subscription does it.</summary>
    public Task StopAsync(CancellationToken hurry = default) => _stopping ??= _loop!.StopAsync(hurry).AsTask();

    public IAsyncEnumerable<ReceivedMessage<string>> ReadAsync(CancellationToken cancellationToken) =>
        new MessageReader(
            new ConsumerReload(_definition, Gate, Pump.Use, _log),
            Pump,
            new MessageDecoder(_definition.Topic, "group", _json, _time),
            null,
            _ => { },
            new BusServices(_time, _log, _instruments)).ReadAsync<string>(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        var stopping = _loop is null ? Pump.DisposeAsync().AsTask() : StopAsync(new CancellationToken(canceled: true));
        while (!stopping.IsCompleted)
        {
            // A test that failed may have left a handler waiting: the clock has to go on for the stop to give it up.
            (_time as TestTime)?.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(stopping, Task.Delay(10));
        }

        await stopping;
        await Leases.DisposeAsync();
        _instruments.Dispose();
    }
}
