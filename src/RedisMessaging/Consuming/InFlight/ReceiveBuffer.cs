using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.InFlight;

/// <summary>Where a receiver writes what it received: as large as the largest read so far, since most consumers hold little.</summary>
internal sealed class ReceiveBuffer
{
    /// <summary>Larger reads are not faster and delay the first message; the handlers work on the rest meanwhile.</summary>
    public const int MaxDeliveries = 250;

    private Delivery[] _deliveries = [];

    /// <summary>Room for so many, or for the most that is read at once.</summary>
    public Memory<Delivery> For(int messages)
    {
        var wanted = Math.Min(messages, MaxDeliveries);
        if (_deliveries.Length < wanted)
        {
            Array.Resize(ref _deliveries, wanted);
        }

        return _deliveries.AsMemory(0, wanted);
    }

    /// <summary>Takes out a delivery, which the buffer need not keep alive.</summary>
    public Delivery Take(int index)
    {
        var taken = _deliveries[index];
        _deliveries[index] = default;
        return taken;
    }
}
