using System.Collections.Concurrent;
using System.Threading.Channels;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Support;

/// <summary>A receiver without Redis: hands out what a test pushes, and writes down what it is told.</summary>
internal sealed class FakeReceiver : IReceiver
{
    private readonly Channel<Delivery> _waiting = Channel.CreateUnbounded<Delivery>();
    private readonly ConcurrentDictionary<string, byte> _handedOut = new();
    private int _receipts;
    private int _mostHandedOut;

    /// <summary>Every batch that was settled, in order.</summary>
    public ConcurrentQueue<Settlement[]> Batches { get; } = new();

    /// <summary>The room that each call offered.</summary>
    public ConcurrentQueue<int> Room { get; } = new();

    /// <summary>What else bounded each call.</summary>
    public ConcurrentQueue<ReceiveBounds> Bounds { get; } = new();

    /// <summary>Answers a batch: how many were still ours. Default: all of them. May throw.</summary>
    public Func<Settlement[], int>? OnSettle { get; set; }

    /// <summary>Awaited before a batch is answered.</summary>
    public Func<Settlement[], Task>? BeforeSettle { get; set; }

    /// <summary>Thrown by the next calls of ReceiveAsync.</summary>
    public ConcurrentQueue<Exception> ReceiveErrors { get; } = new();

    public bool IsDisposed { get; private set; }

    /// <summary>The most deliveries that were out and unsettled at any time.</summary>
    public int MostHandedOut => Volatile.Read(ref _mostHandedOut);

    public IEnumerable<Settlement> Settlements => Batches.SelectMany(batch => batch);

    public IEnumerable<Settlement> Of(SettlementKind verdict) => Settlements.Where(settlement => settlement.Kind == verdict);

    public void Push(ReadOnlyMemory<byte> frame, bool redelivered = false, int starts = 0, bool suspect = false) => _waiting.Writer.TryWrite(new Delivery
    {
        Frame = frame,
        Receipt = Interlocked.Increment(ref _receipts),
        Channel = "topic",
        Redelivered = redelivered || suspect,
        IsSuspect = suspect,
        Starts = starts,
    });

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        var bytes = bounds.Bytes;
        Room.Enqueue(buffer.Length);
        Bounds.Enqueue(bounds);
        if (ReceiveErrors.TryDequeue(out var error))
        {
            throw error;
        }

        if (buffer.Length == 0)
        {
            throw new InvalidOperationException("There was no room: the pump must not ask.");
        }

        await _waiting.Reader.WaitToReadAsync(cancellationToken);
        var count = 0;
        while (count < buffer.Length && _waiting.Reader.TryPeek(out var delivery) && (count == 0 || delivery.Frame.Length <= bytes))
        {
            _waiting.Reader.TryRead(out _);
            bytes -= delivery.Frame.Length;
            _handedOut.TryAdd(delivery.Receipt.ToString(), 0);
            _mostHandedOut = Math.Max(_mostHandedOut, _handedOut.Count);
            buffer.Span[count++] = delivery;
        }

        return count;
    }

    public async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        var settlements = batch.ToArray();
        if (BeforeSettle is { } before)
        {
            await before(settlements);
        }

        // Answered first: a batch that fails is not carried out.
        var owned = OnSettle?.Invoke(settlements) ?? settlements.Length;
        Batches.Enqueue(settlements);
        foreach (var settlement in settlements.Where(settlement => settlement.Kind is not (SettlementKind.Extend or SettlementKind.Start)))
        {
            _handedOut.TryRemove(settlement.Delivery.Receipt.ToString(), out _);
        }

        return owned;
    }

    /// <summary>Whether a delivery's lease was confirmed lately. Default: always.</summary>
    public Func<Delivery, bool>? Fresh { get; set; }

    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch) => SettleAsync(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public bool IsFresh(in Delivery delivery) => Fresh?.Invoke(delivery) ?? true;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
