using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.InFlight;

namespace RedisMessaging.Consuming.Receiving;

/// <summary>
/// How much a consumer may fetch: what its prefetch leaves free. Where the prefetch is not configured, it follows the pace of the handlers.
/// </summary>
internal sealed class FetchRoom
{
    private readonly InFlightMessages _inFlight;
    private readonly TimeProvider _time;
    private volatile PrefetchWindow? _window;

    public FetchRoom(InFlightMessages inFlight, ConsumerDefinition consumer, TimeProvider time)
    {
        _inFlight = inFlight;
        _time = time;
        _window = PrefetchWindow.Of(consumer, time);
    }

    /// <summary>Whether new messages are fetched beside redelivered ones that take all the room.</summary>
    public bool UsesReserve { get; set; }

    /// <summary>A refill at half keeps batches large while handlers still have work.</summary>
    public int Refill => Math.Clamp(_inFlight.Capacity / 2, 1, ReceiveBuffer.MaxDeliveries);

    /// <inheritdoc cref="InFlightMessages.Reserve"/>
    public (int Messages, long Bytes) Reserve => _inFlight.Reserve;

    /// <summary>Follows the settings of the same consumer after a reload.</summary>
    public void Use(ConsumerDefinition next)
    {
        _window = PrefetchWindow.Of(next, _time);
        _inFlight.Capacity = next.Prefetch;
        _inFlight.ByteCapacity = next.PrefetchBytes;
    }

    /// <summary>Waits until the next fetch is worth a call.</summary>
    public async ValueTask<FreeRoom> WaitAsync(int refill, CancellationToken cancellationToken)
    {
        var waiting = _inFlight.WaitForRoomAsync(refill, UsesReserve, cancellationToken);
        if (waiting.IsCompleted || _window is not { } window)
        {
            return await waiting.ConfigureAwait(false);
        }

        window.BeginWait(_inFlight.Count);
        var room = await waiting.ConfigureAwait(false);
        window.EndWait(_inFlight.Count);
        if (window == _window && window.Size != _inFlight.Capacity)
        {
            _inFlight.Capacity = window.Size;
        }

        return room;
    }

    /// <summary>Waits until nothing is in flight.</summary>
    public ValueTask<FreeRoom> WaitUntilEmptyAsync(CancellationToken cancellationToken) =>
        WaitForAllKindsAsync(_inFlight.Capacity, cancellationToken);

    /// <summary>Waits for room outside the reserve.</summary>
    public ValueTask<FreeRoom> WaitForAllKindsAsync(int refill, CancellationToken cancellationToken) =>
        _inFlight.WaitForRoomAsync(refill, reserveWillDo: false, cancellationToken);
}
