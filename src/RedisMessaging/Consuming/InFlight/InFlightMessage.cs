using RedisMessaging.Consuming.Ordering;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Starts;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.InFlight;

/// <summary>A delivery this process holds: received and not settled yet.</summary>
internal sealed class InFlightMessage(Delivery delivery, int slot, long number)
{
    private const int Open = 0;
    private const int Settling = 1;
    private const int Lost = 2;

    /// <summary>Takes the place of <see cref="_onGone"/> once the delivery is gone.</summary>
    private static readonly Action IsGone = static () => { };

    private int _state;
    private TaskCompletionSource? _whenGone;
    private Action? _onGone;

    public Delivery Delivery { get; } = delivery;

    /// <summary>Its place in <see cref="InFlightMessages"/>.</summary>
    public int Slot { get; } = slot;

    /// <summary>How many were received before it.</summary>
    public long Number { get; } = number;

    /// <summary>Handler starts so far, this process's own included.</summary>
    public int Starts { get; set; } = delivery.Starts;

    /// <summary>
    /// A start of it is on record that was never settled, and none made here has ended yet: it may be what ended its process.
    /// </summary>
    public bool IsSuspect { get; set; } = delivery.IsSuspect;

    /// <summary>The last start of it that was recorded, or is being recorded.</summary>
    public StartRecord? StartRecord { get; set; }

    /// <summary>
    /// When the lease keeper stops renewing it (a TimeProvider timestamp); 0: never. Set for what a reader took out of the loop's hands.
    /// </summary>
    public long RenewUntil { get; set; }

    /// <summary>The id to remember when it is acked; none without an inbox, and for what was handled before.</summary>
    public string? HandledId { get; set; }

    /// <summary>What is known of it when it is given up, for the observers of dead letters.</summary>
    public GivenUp? GivenUp { get; set; }

    /// <summary>Its place among the messages of its key, where they are handled one after another.</summary>
    public KeyedSlot? Turn { get; set; }

    /// <summary>Given while its consumer tries one message.</summary>
    public Trial? Trial { get; set; }

    /// <summary>
    /// Its handler failed with what pauses the consumer: once that has ended it goes back, as if it had not been started.
    /// </summary>
    public bool GoesBack { get; set; }

    /// <summary>Cancelled when the lease is lost while a handler runs.</summary>
    public CancellationTokenSource? HandlerCancellation { get; set; }

    public bool IsOpen => Volatile.Read(ref _state) == Open;

    /// <summary>Redis refuses its settlement, which is sent again: until then it stays in flight.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Whether its lease has to be renewed.</summary>
    public bool NeedsLease => IsOpen || IsRefused;

    public bool IsLost => Volatile.Read(ref _state) == Lost;

    /// <summary>True for the one caller whose settlement counts.</summary>
    public bool TryBeginSettling() => Interlocked.CompareExchange(ref _state, Settling, Open) == Open;

    /// <summary>Has an action run once it is held no more: settled, with Redis' answer, or lost. At once when it is so already.</summary>
    public void OnGone(Action action)
    {
        for (var former = Volatile.Read(ref _onGone); !ReferenceEquals(former, IsGone);)
        {
            var found = Interlocked.CompareExchange(ref _onGone, action, former);
            if (ReferenceEquals(found, former))
            {
                return;
            }

            former = found;
        }

        action();
    }

    /// <summary>Ends once it is held no more. For one waiter.</summary>
    public Task WhenGone()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _whenGone, gone);
        Interlocked.MemoryBarrier();
        if (ReferenceEquals(Volatile.Read(ref _onGone), IsGone))
        {
            gone.TrySetResult();
        }

        return gone.Task;
    }

    public void Gone()
    {
        Interlocked.Exchange(ref _onGone, IsGone)?.Invoke();
        Volatile.Read(ref _whenGone)?.TrySetResult();
    }

    public bool TryMarkLost() => Interlocked.CompareExchange(ref _state, Lost, Open) == Open;
}
