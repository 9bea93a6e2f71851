using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Ordering;
using RedisMessaging.Consuming.Retries;
using RedisMessaging.Consuming.Starts;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Receiving;

/// <summary>
/// Hands received messages to the handlers, or to a reader. Where keys have an order, a message is ready only once the one before it has
/// ended.
/// </summary>
/// <param name="sequencer"><see langword="null"/> where keys have no order.</param>
/// <param name="starts">Expects the redelivered messages in the order they are handed out.</param>
internal sealed class MessageDispatch(
    InFlightMessages inFlight,
    ReadyQueue ready,
    KeyedSequencer? sequencer,
    DelayedRetries retries,
    StartRecorder starts)
{
    /// <summary>Whether messages of one key are handled one after another.</summary>
    public bool IsOrdered => sequencer is not null;

    /// <summary>Room in the prefetch, without its reserve.</summary>
    public int Free => inFlight.Free;

    /// <summary>Takes in what a receive returned.</summary>
    public void Add(ReceiveBuffer buffer, int received)
    {
        for (var i = 0; i < received; i++)
        {
            Add(buffer.Take(i));
        }
    }

    /// <summary>
    /// The handler of a message has ended, whatever the outcome: the next one of its key may be taken, or the same one again.
    /// </summary>
    public void End(InFlightMessage message)
    {
        if (message.GoesBack)
        {
            // A pause releases it together with what was not started: in its old order.
            message.GoesBack = false;
            PutBack(message);
            return;
        }

        if (message.Turn is not { } turn)
        {
            return;
        }

        if (turn.RetryIn is { } delay)
        {
            turn.RetryIn = null;
            _ = PutBackAfterAsync(message, turn, delay);
        }
        else if (sequencer!.Leave(turn) is { } next)
        {
            PutBack(next);
        }
    }

    /// <summary>Behind all others: a key with many messages takes its turn like every other.</summary>
    public void PutBack(InFlightMessage message)
    {
        inFlight.PutBack();
        // After the stop it stays where it is until everything is released.
        ready.TryAdd(message);
    }

    /// <summary>Takes out everything that no handler has begun with, in the order it was received.</summary>
    public List<InFlightMessage> TakeUnstarted()
    {
        var waiting = ready.TakeWaiting();
        while (ready.TryTake(out var message))
        {
            ready.Leave(message);
            waiting.Add(message);
        }

        var unstarted = new List<InFlightMessage>();
        foreach (var message in waiting.OrderBy(message => message.Number))
        {
            for (var next = message; next is not null; next = sequencer?.TakeOut(next))
            {
                unstarted.Add(next);
            }
        }

        return unstarted;
    }

    private void Add(in Delivery delivery)
    {
        var message = inFlight.Add(delivery);
        if (sequencer?.TryEnter(message) == false)
        {
            // It can't be taken yet, and must not keep the loop from fetching others that can.
            inFlight.Take();
        }
        else if (!ready.TryAdd(message, mayRefuse: message.Turn is null && retries.HasSchedule))
        {
            // It goes back unchanged for a while, and leaves its place to others.
            inFlight.Take();
            retries.Retry(message, ready.WaitForRoom);
            return;
        }

        if (delivery.Redelivered)
        {
            starts.Expect(message);
        }
    }

    private async Task PutBackAfterAsync(InFlightMessage message, KeyedSlot turn, TimeSpan delay)
    {
        if (await retries.WaitAtHeadAsync(message, delay).ConfigureAwait(false)
            && (message.IsOpen ? message : sequencer!.Leave(turn)) is { } next)
        {
            PutBack(next);
        }
    }
}
