using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.ServerChecks;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>A transport without the bus around it: for what a consumer does that dies, or that Redis cuts off, in the middle.</summary>
internal sealed class OpenTransport : IAsyncDisposable
{
    private readonly RedisConnections _connections;
    private readonly Instruments _instruments = new();
    private readonly ITransport _transport;
    private readonly string _topic;
    private readonly string _group;
    private int _consumers;

    public OpenTransport(string connectionString, string prefix, TransportKind kind, Action<TopicOptions>? configure = null, ILogger? logger = null, string topic = "topic", string group = "group", TimeSpan? lease = null, NewerVerb without = NewerVerb.None)
    {
        var factory = TransportCatalog.Get(kind);
        var options = factory.CreateOptions();
        configure?.Invoke(options);
        SetLease(options, lease);
        (_topic, _group) = (topic, group);
        _connections = new RedisConnections(
            new ConnectionSettings
            {
                Source = ConnectionSource.From(connectionString),
                StartTimeout = TimeSpan.FromSeconds(10),
                StartWithoutRedis = false,
                ClientName = "open-transport",
                WithoutVerbs = without,
            },
            TimeProvider.System,
            logger ?? NullLogger.Instance);
        Keys = new TopicKeys(prefix, topic);
        _transport = factory.Create(new TransportContext(topic, prefix, Keys, options, _connections, TimeProvider.System, logger ?? NullLogger.Instance, _instruments));
    }

    public TopicKeys Keys { get; }

    public StackExchange.Redis.IDatabase Database => _connections.Database;

    public ServerVerbs Verbs => _connections.Verbs;

    public async Task SendAsync(params string[] texts)
    {
        var frames = Array.ConvertAll(texts, text => new OutgoingFrame(Encoding.UTF8.GetBytes(text), text));
        var results = new SendResult[frames.Length];
        await _transport.SendAsync(_topic, frames, results, CancellationToken.None);
        results.Should().OnlyContain(result => result.Error == null);
    }

    public async Task<bool> DeleteDrainedAsync() => await _transport.DeleteDrainedAsync(CancellationToken.None);

    public async Task<long> CountUnhandledAsync() => await _transport.CountUnhandledAsync(CancellationToken.None);

    public async Task<IReceiver> OpenAsync(int prefetch = 100, StartPosition startAt = StartPosition.Default, bool broadcast = false, TimeSpan? inboxWindow = null, Action<TransportDeadLetter>? onDeadLetter = null) => await _transport.OpenAsync(
        new Transports.Contracts.ReceiverOptions { Address = _topic, Group = _group, Consumer = $"consumer-{++_consumers}", Prefetch = prefetch, StartAt = startAt, Broadcast = broadcast, InboxWindow = inboxWindow, OnDeadLetter = onDeadLetter },
        CancellationToken.None);

    private static void SetLease(TopicOptions options, TimeSpan? lease)
    {
        switch (options)
        {
            case QueueOptions queue:
                queue.Lease = lease ?? queue.Lease;
                break;
            case StreamOptions stream:
                stream.Lease = lease ?? stream.Lease;
                break;
            default:
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync();
        await _connections.DisposeAsync();
        _instruments.Dispose();
    }
}
