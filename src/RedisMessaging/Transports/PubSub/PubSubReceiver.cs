using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// One subscription. StackExchange.Redis' own queue has no bound, so its callback does nothing but move each message into a buffer that has one.
/// </summary>
internal sealed class PubSubReceiver : IReceiver
{
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(2);

    private readonly TransportContext _context;
    private readonly PubSubChannels _channels;
    private readonly ReceiverOptions _subscription;
    private readonly PubSubMembership _membership;
    private readonly PubSubBuffer _buffer;
    private readonly PubSubDrops _drops;
    private readonly PubSubGaps _gaps;
    private readonly PubSubDeadLetters? _deadLetters;
    private readonly IDisposable _measured;
    private readonly bool _isRaw;

    // Touched by the callback alone, which runs once at a time.
    private long _arrived;
    private RedisChannel _lastChannel;
    private string _lastAddress = "";

    public PubSubReceiver(TransportContext context, PubSubChannels channels, ReceiverOptions subscription, PubSubMembership membership, PubSubBuffer buffer)
    {
        _context = context;
        _channels = channels;
        _subscription = subscription;
        _membership = membership;
        _buffer = buffer;
        _drops = new PubSubDrops(context, subscription.Group, buffer);
        _isRaw = context.Options.Format == MessageFormat.Raw;
        _measured = context.Instruments.ObserveBuffer(() => buffer.Count, Instruments.Consumer(context.Topic, subscription.Group));
        _gaps = new PubSubGaps(context, subscription, membership);
        _deadLetters = ((PubSubOptions)context.Options).KeepDeadLetters ? new PubSubDeadLetters(context, channels, subscription.Group) : null;
        membership.OnMessage(OnMessage);
    }

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _drops.Log();
            var taken = _buffer.Take(buffer.Span, bounds.Bytes, out var filled);
            if (taken > 0)
            {
                return taken;
            }

            await filled.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Redis knows nothing of what was delivered: verdicts are carried out in here, and none can come too late. Only dead letters go to Redis, by choice.</summary>
    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        List<Task>? kept = null;
        foreach (ref readonly var settlement in batch.Span)
        {
            switch (settlement.Kind)
            {
                case SettlementKind.Retry:
                    _buffer.AddRetry(settlement.Delivery with { Starts = settlement.Starts });
                    break;
                case SettlementKind.DeadLetter when _deadLetters is not null:
                    (kept ??= []).Add(_deadLetters.AddAsync(settlement, _subscription.Group));
                    break;
                case SettlementKind.DeadLetter:
                    Discard(settlement);
                    break;
                case SettlementKind.Ack or SettlementKind.Extend or SettlementKind.Start or SettlementKind.Release:
                default:
                    // Released means lost: there is nobody to give it back to.
                    break;
            }
        }

        return kept is null ? ValueTask.FromResult(batch.Length) : AllKeptAsync(kept, batch.Length);
    }

    public async ValueTask DisposeAsync()
    {
        _gaps.Dispose();
        if (_deadLetters is not null)
        {
            await _deadLetters.DisposeAsync().ConfigureAwait(false);
        }

        _measured.Dispose();
        try
        {
            // The queue is out of the subscription when the call returns; only the server's word is waited for, and not for long when it is away.
            await _membership.LeaveAsync().WaitAsync(LeaveTimeout, _context.Time).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException)
        {
            Log.PubSubUnsubscribeFailed(_context.Logger, _subscription.Address, error);
        }

        _drops.Log(last: true);
    }

    private static async ValueTask<int> AllKeptAsync(List<Task> kept, int count)
    {
        await Task.WhenAll(kept).ConfigureAwait(false);
        return count;
    }

    private void OnMessage(ChannelMessage message)
    {
        try
        {
            Accept(message);
        }
        catch (Exception error)
        {
            // StackExchange.Redis would swallow it.
            _context.Instruments.Dropped.Add(1, Instruments.Consumer(_context.Topic, _subscription.Group, "arrival-failed"));
            Log.PubSubArrivalFailed(_context.Logger, _context.Topic, _subscription.Group, error);
        }
    }

    private void Accept(ChannelMessage message)
    {
        var delivery = new Delivery
        {
            Frame = message.Message,
            Receipt = ++_arrived,
            Channel = AddressOf(message.Channel),
            MadeUpId = _isRaw ? Guid.CreateVersion7(_context.Time.GetUtcNow()).ToString("N") : null,
        };
        var dropped = _buffer.Add(delivery, out var emptied);
        if (dropped > 0)
        {
            _drops.Add(dropped);
        }

        if (emptied is { } since)
        {
            _gaps.NoteOverflow(since, dropped);
        }
    }

    private string AddressOf(RedisChannel channel)
    {
        // Messages on one channel come in a row, and on a literal subscription there is no other.
        if (channel != _lastChannel)
        {
            _lastChannel = channel;
            _lastAddress = _channels.AddressOf(channel.ToString());
        }

        return _lastAddress;
    }

    private void Discard(in Settlement settlement)
    {
        var reason = settlement.Reason ?? "";
        _context.Instruments.Dropped.Add(1, Instruments.Consumer(_context.Topic, _subscription.Group, DeadLetterReason.Tag(reason)));
        Log.PubSubDiscarded(_context.Logger, settlement.MessageId, _context.Topic, settlement.Delivery.Channel, reason, settlement.Detail);
    }
}
