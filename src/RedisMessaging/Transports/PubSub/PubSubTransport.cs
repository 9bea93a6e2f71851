using System.Buffers.Text;
using System.Runtime.CompilerServices;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>A topic on Pub/Sub: PUBLISH out, SUBSCRIBE or PSUBSCRIBE in. Redis keeps no messages, so there is nothing to count, drain or settle.</summary>
internal sealed class PubSubTransport(TransportContext context, TransportCapabilities capabilities) : ITransport
{
    /// <summary>How many PUBLISH are under way at once: enough to keep the link full, and a bound on what a huge batch holds in memory.</summary>
    private const int Window = 1024;

    private static readonly string PublishScript = EmbeddedScript.Load("pubsub-publish");

    private readonly PubSubChannels _channels = PubSubChannels.Of(context);
    private readonly BatchScript _script = new(PublishScript, [], ReadReceivers);
    private SendTarget? _lastTarget;
    private bool? _isCluster;

    public TransportCapabilities Capabilities => capabilities;

    public IConsumerGroups? Groups => null;

    public IHistorySource? History => null;

    public ITrimming? Trimming => null;

    public ScheduleKeys? Schedule => null;

    public ISubscriberSource Subscribers => new PubSubSubscribers(context, _channels);

    public string ChannelsOf(string address) => _channels.WireGlobOf(address);

    public ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken) =>
        frames.Length == 1
            ? SendOneAsync(address, frames, results, cancellationToken)
            : SendManyAsync(address, frames, results, cancellationToken);

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var channel = _channels.ToSubscribe(subscription.Address, context.Connections.IsCluster);
        var subscriber = await context.Connections.GetSubscriberAsync(cancellationToken).ConfigureAwait(false);
        var membership = await PubSubMembership.JoinAsync(subscriber, channel, cancellationToken).ConfigureAwait(false);
        var options = (PubSubOptions)context.Options;
        return new PubSubReceiver(context, _channels, subscription, membership, new PubSubBuffer(options.BufferCapacity, options.BufferBytes, options.FullMode, context.Time));
    }

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        PubSubDeadLetters.RedriveAsync(context, _channels, letter, frame, cancellationToken);

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) => ValueTask.FromResult(default(DueMove));

    // The connections belong to the bus, the memberships to their receivers.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendOneAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SendResult result;
        try
        {
            var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
            result = await ResultOfAsync(Publish(database, TargetOf(address).Channel, frames.Span[0].Bytes)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            result = new SendResult(Error: error);
        }

        results.Span[0] = result;
    }

    private async ValueTask SendManyAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IDatabase database;
        try
        {
            if (OutgoingFrame.AnyIsLarge(frames.Span))
            {
                await context.Connections.SendLargeAsync(large => SendManyAsync(large, address, frames, results), cancellationToken).ConfigureAwait(false);
                return;
            }

            database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            results.Span[..frames.Length].Fill(new SendResult(Error: error));
            return;
        }

        await SendManyAsync(database, address, frames, results).ConfigureAwait(false);
    }

    private async Task SendManyAsync(IDatabase database, string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results)
    {
        var target = TargetOf(address);
        // Once a first reply has told that it is no cluster, where a script has no key that says which node is to run it.
        if (_isCluster == false && !_channels.IsSharded)
        {
            if (_script.Suits(database, new BatchArgument(target.Name), frames.Span) && await _script.TryRunAsync(database, new BatchArgument(target.Name), frames, results).ConfigureAwait(false))
            {
                return;
            }
        }

        var underWay = new Queue<Task<long>>(Math.Min(frames.Length, Window));
        var answered = 0;
        for (var sent = 0; sent < frames.Length; sent++)
        {
            if (underWay.Count == Window)
            {
                var result = await ResultOfAsync(underWay.Dequeue()).ConfigureAwait(false);
                results.Span[answered++] = result;
            }

            underWay.Enqueue(Publish(database, target.Channel, frames.Span[sent].Bytes));
        }

        while (underWay.TryDequeue(out var reply))
        {
            var result = await ResultOfAsync(reply).ConfigureAwait(false);
            results.Span[answered++] = result;
        }
    }

    private static void ReadReceivers(ReadOnlySpan<byte> counts, Span<SendResult> results)
    {
        foreach (ref var result in results)
        {
            result = Utf8Parser.TryParse(counts, out long receivers, out var digits)
                ? new SendResult(Receivers: receivers)
                : throw new InvalidOperationException("The script's answer has fewer numbers than there are messages.");
            counts = counts[Math.Min(digits + 1, counts.Length)..];
        }
    }

    private static Task<long> Publish(IDatabase database, RedisChannel channel, ReadOnlyMemory<byte> frame)
    {
        try
        {
            return database.PublishAsync(channel, frame);
        }
        catch (Exception error)
        {
            // A closed multiplexer throws instead of returning a failed task.
            return Task.FromException<long>(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SendResult> ResultOfAsync(Task<long> reply)
    {
        try
        {
            var receivers = await reply.ConfigureAwait(false);
            // Asked after a first reply: before it a connection may not know yet what it is connected to.
            _isCluster ??= context.Connections.IsCluster;
            // In a cluster a node counts only the subscribers that are connected to itself: with sharded channels that is nearly all there are, else any part of them.
            return new SendResult(Receivers: _isCluster.Value && !_channels.IsSharded ? null : receivers);
        }
        catch (Exception error)
        {
            return new SendResult(Error: error);
        }
    }

    private SendTarget TargetOf(string address)
    {
        // One address is what a topic sends to, save for patterns; so the last one is all the cache that is needed.
        var target = _lastTarget;
        if (target is null || target.Address != address)
        {
            _lastTarget = target = new SendTarget(address, _channels.ToPublish(address), _channels.WireNameOf(address));
        }

        return target;
    }

    private sealed record SendTarget(string Address, RedisChannel Channel, RedisValue Name);
}
