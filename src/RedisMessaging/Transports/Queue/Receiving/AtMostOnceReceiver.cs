using System.Globalization;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Receiving;

/// <summary>
/// A consumer of a queue for those who want speed: BLMPOP hands a message out and forgets it. What its handler fails with, or what it had no time for, is pushed back.
/// </summary>
internal sealed class AtMostOnceReceiver(TransportContext context, QueueKeys keys, ReceiverOptions subscription, QueueWaker bell, BlockingConnection connection) : IReceiver
{
    private const int MaxPop = 250;

    private readonly AdaptiveBlockTimeout _block = new(TimeSpan.FromSeconds(10));
    private readonly Backoff _backoff = new(context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly ReadSize _size = new(context.Time);
    private long _received;

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var received = await PopAsync(buffer, bounds.Bytes, cancellationToken).ConfigureAwait(false);
                _backoff.Reset();
                if (received > 0)
                {
                    _block.Shorten();
                    return received;
                }
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                _size.NoteFault();
                context.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(context.Topic, subscription.Group));
                Log.QueueReceiveFault(context.Logger, context.Topic, subscription.Group, RedisErrors.Classify(error), error);
                await _backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        var refusals = new SettleRefusals();
        // What goes back to the front is pushed newest first.
        foreach (var settlement in batch.ToArray().OrderByDescending(settlement => (long)settlement.Delivery.Receipt))
        {
            try
            {
                await SettleAsync(context.Connections.Database, settlement).ConfigureAwait(false);
            }
            catch (Exception error) when (SettleRefusals.IsRefusal(error))
            {
                // Pushed again it can't be doubled.
                refusals.Add([settlement], error);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // Pushing it again might double it: at most once means lost rather than doubled.
                context.Instruments.Dropped.Add(1, Instruments.Consumer(context.Topic, subscription.Group, "push-back-failed"));
                Log.QueuePushBackFailed(context.Logger, settlement.MessageId, context.Topic, subscription.Group, error);
            }
        }

        // Consumers that ack wait for it, where some do.
        bell.Ring();
        refusals.ThrowIfAny(0);
        return batch.Length;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task SettleAsync(IDatabase database, Settlement settlement)
    {
        switch (settlement.Kind)
        {
            case SettlementKind.Release:
                await database.ListRightPushAsync(keys.Waiting, Marked(settlement)).ConfigureAwait(false);
                break;
            case SettlementKind.Retry when settlement.IsDelayed:
                await QueueCalls.RetryLaterOnce(
                    keys.Retries,
                    keys.RetryMessages,
                    keys.Schedule.Signal,
                    name: $"{subscription.Consumer}/{settlement.Delivery.Receipt}",
                    delay: settlement.DelayMs,
                    message: Marked(settlement)).RunAsync(database).ConfigureAwait(false);
                break;
            case SettlementKind.Retry:
                await database.ListLeftPushAsync(keys.Waiting, Marked(settlement)).ConfigureAwait(false);
                break;
            case SettlementKind.DeadLetter:
                await DeadLetterAsync(database, settlement).ConfigureAwait(false);
                break;
        }
    }

    private async Task DeadLetterAsync(IDatabase database, Settlement settlement)
    {
        var trimmed = (long)await QueueCalls.DeadLetterOnce(
            keys.DeadLetters,
            limit: context.Options.DeadLetterLimit,
            maxAge: DeadLetterTrim.MaxAgeOf(context.Options),
            topic: context.Topic,
            group: subscription.Group,
            starts: settlement.Starts,
            reason: settlement.Reason ?? "",
            detail: settlement.Detail ?? "",
            message: settlement.Delivery.Frame).RunAsync(database).ConfigureAwait(false);
        DeadLetterTrim.Note(context, trimmed, Instruments.Topic(context.Topic));
    }

    private static RedisValue Marked(in Settlement settlement)
    {
        var mark = (ReadOnlyMemory<byte>)AttemptPrefix.For(settlement).Text;
        if (mark.Length == 0)
        {
            return settlement.Delivery.Frame;
        }

        var element = new byte[mark.Length + settlement.Delivery.Frame.Length];
        mark.CopyTo(element);
        settlement.Delivery.Frame.CopyTo(element.AsMemory(mark.Length));
        return element;
    }

    private async Task<int> PopAsync(Memory<Delivery> buffer, long bytes, CancellationToken cancellationToken)
    {
        var block = _block.Next();
        var reply = await connection.BlockAsync(
            keys.Waiting,
            block,
            "BLMPOP",
            [block.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture), 1, keys.Waiting, "RIGHT", "COUNT", _size.CountFor(Math.Min(buffer.Length, MaxPop), bytes)],
            cancellationToken).ConfigureAwait(false);
        if (reply.IsNull)
        {
            return 0;
        }

        var elements = (RedisValue[])reply[1]!;
        var size = 0L;
        for (var i = 0; i < elements.Length; i++)
        {
            var mark = AttemptPrefix.Read(elements[i], out var frame);
            buffer.Span[i] = new Delivery
            {
                Frame = frame,
                Receipt = ++_received,
                Channel = subscription.Address,
                Starts = mark.Starts,
                Redelivered = mark.Redelivered,
                IsSuspect = mark.IsSuspect,
            };
            size += frame.Length;
        }

        _size.Note(elements.Length, size);

        return elements.Length;
    }
}
