using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Replication;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Queue.Receiving;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>A topic on a Redis list. See <see cref="QueueReceiver"/> for how nothing that was popped is ever only in flight.</summary>
internal sealed class QueueTransport(TransportContext context, QueueKeys keys, TransportCapabilities capabilities) : ITransport
{
    private static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);

    private readonly QueueWaker _bell = new(context, keys);
    private readonly ReplicaConfirmation? _confirmation = ReplicaConfirmation.For(context, keys.Waiting);
    private SendScript? _sendScript;

    public TransportCapabilities Capabilities => capabilities;

    public IConsumerGroups? Groups => null;

    public IHistorySource? History => null;

    public ITrimming? Trimming => null;

    public ScheduleKeys Schedule => keys.Schedule;

    public ISubscriberSource? Subscribers => null;

    public async ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        if (_confirmation is null && OutgoingFrame.AnyIsLarge(frames.Span))
        {
            await context.Connections.SendLargeAsync(large => SendAsync(large, frames, results).AsTask(), cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_confirmation is null)
        {
            await SendAsync(await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false), frames, results).ConfigureAwait(false);
            return;
        }

        var database = await _confirmation.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await SendAsync(database, frames, results).ConfigureAwait(false);
        await _confirmation.ConfirmAsync(database, results).ConfigureAwait(false);
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken) => await TopicCheck.ForPublisherAsync(
        context,
        await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false),
        QueueLayout.Of(keys, capabilities.Acks)).ConfigureAwait(false);

    public async ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await TopicCheck.ForConsumerAsync(context, database, QueueLayout.Of(keys, capabilities.Acks, subscription)).ConfigureAwait(false);
        return capabilities.Lease is { } lease
            ? new QueueReceiver(
                context,
                keys,
                subscription,
                lease,
                _bell,
                await ReadingConnection.OpenAsync(context.Connections, context.Topic, keys.HasSignal ? [keys.Wake] : [], context.Time, context.Logger, cancellationToken).ConfigureAwait(false))
            : new AtMostOnceReceiver(context, keys, subscription, _bell, await context.Connections.OpenBlockingAsync(context.Topic, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) =>
        await CountAsync(deleteWhenEmpty: false, cancellationToken).ConfigureAwait(false);

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    public async ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        var put = (bool)await context.Connections.RunBySizeAsync(
            frame.Length,
            database => QueueCalls.Redrive(keys.DeadLetters, keys.Waiting, letter.Id, frame).RunAsync(database),
            cancellationToken).ConfigureAwait(false);
        if (put)
        {
            _bell.Ring();
        }

        return put;
    }

    public async ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) =>
        await CountAsync(deleteWhenEmpty: true, cancellationToken).ConfigureAwait(false) == 0;

    public async ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var call = QueueCalls.MoveDue(
            keys.Waiting, keys.Schedule.Scheduled, keys.Schedule.Messages, keys.Retries, keys.RetryMessages, keys.SharedAttempts);
        var reply = await call.RunAsync(database).WaitAsync(cancellationToken).ConfigureAwait(false);
        var move = DueMove.Read(reply);
        if (move.Moved > 0)
        {
            _bell.Ring();
        }

        return move;
    }

    public async ValueTask<IReadOnlyList<string>> SweepScheduleAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) => await ScheduleSweep.RunAsync(
        await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false),
        [(keys.Schedule.Scheduled, keys.Schedule.Messages), (keys.Retries, keys.RetryMessages)],
        cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask SendAsync(IDatabase database, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results)
    {
        if (SendScript.IsNeededFor(frames.Span))
        {
            await Script().RunAsync(database, frames, results).ConfigureAwait(false);
            _bell.Ring();
            return;
        }

        try
        {
            var length = frames.Length == 1
                ? await database.ListLeftPushAsync(keys.Waiting, frames.Span[0].Bytes).ConfigureAwait(false)
                : await database.ListLeftPushAsync(keys.Waiting, ToValues(frames.Span)).ConfigureAwait(false);
            results.Span.Clear();
            if (length == frames.Length)
            {
                _bell.Ring();
            }
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // One command, one fate. If it was stored all the same, the attempt after it does not find an empty queue.
            results.Span.Fill(new SendResult(Error: error));
            _bell.Ring();
        }
    }

    private SendScript Script() => _sendScript ??= new SendScript(
        context.Topic,
        QueueScripts.Send,
        QueueCalls.SendKeys(keys.Waiting, keys.Ids, keys.Schedule.Scheduled, keys.Schedule.Messages, keys.Schedule.Signal),
        context.Options.DeduplicationWindow);

    private static RedisValue[] ToValues(ReadOnlySpan<OutgoingFrame> frames)
    {
        var values = new RedisValue[frames.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = frames[i].Bytes;
        }

        return values;
    }

    private async Task<long> CountAsync(bool deleteWhenEmpty, CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        RedisValue[] others =
        [
            (string?)keys.Layout, (string?)keys.Schedule.Signal, (string?)keys.Attempts, (string?)keys.WaitingConsumers, (string?)keys.Wake,
        ];
        return (long)await QueueCalls.Unhandled(
            keys.Waiting,
            keys.Consumers,
            keys.Schedule.Scheduled,
            keys.Retries,
            keys.Schedule.Messages,
            keys.RetryMessages,
            claimsStart: (string?)keys.ClaimsStart,
            blockedPopsStart: (string?)keys.BlockedPopsStart,
            batchesStart: (string?)keys.ClaimedBatchesStart,
            listsStart: (string?)keys.ClaimedBatchListsStart,
            deletesEmpty: deleteWhenEmpty ? 1 : 0,
            otherKeys: others).RunAsync(database).ConfigureAwait(false);
    }
}
