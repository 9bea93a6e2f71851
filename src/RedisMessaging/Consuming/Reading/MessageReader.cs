using System.Runtime.CompilerServices;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Reading;

/// <summary>Hands a pump's messages to an <c>await foreach</c>, which settles them.</summary>
internal sealed class MessageReader(
    ConsumerReload reload,
    ConsumerPump pump,
    MessageDecoder decoder,
    HandledMessages? inbox,
    Action<MessageReader> closed,
    BusServices bus) : IAsyncDisposable
{
    /// <summary>Has it follow the configuration.</summary>
    public ConsumerReload Reload => reload;

    public async IAsyncEnumerable<ReceivedMessage<T>> ReadAsync<T>([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A reader that holds several at a time has the starts of as many more recorded in one step.
        pump.RecordAhead(() => pump.InHand - 1, static held => held.Starts + 1);
        pump.Start();
        while (await pump.Feed.WaitToTakeAsync(cancellationToken).ConfigureAwait(false))
        {
            await pump.Feed.WaitWhilePausedAsync(cancellationToken).ConfigureAwait(false);
            while (pump.Feed.TryTake(out var held))
            {
                if (pump.Stopping.IsCancellationRequested)
                {
                    // Stopped inside the loop: others handle it.
                    pump.Feed.ReleaseUnstarted(held);
                    continue;
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    pump.Settle(held, SettlementKind.Release);
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (await ReceiveAsync<T>(held, cancellationToken).ConfigureAwait(false) is { } received)
                {
                    yield return received;
                }

                await pump.Feed.WaitWhilePausedAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Releases what is unsettled. A read that is under way ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await pump.DisposeAsync().ConfigureAwait(false);
        closed(this);
    }

    private async ValueTask<ReceivedMessage<T>?> ReceiveAsync<T>(InFlightMessage held, CancellationToken cancellationToken)
    {
        try
        {
            var header = decoder.ReadEnvelope(held.Delivery, out var type, out var body);
            if (type is null || !typeof(T).IsAssignableFrom(type.Type))
            {
                bus.Instruments.Ignored.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
                pump.Settle(held, SettlementKind.Ack);
                return null;
            }

            if (decoder.IsExpired(header))
            {
                bus.Instruments.Expired.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
                decoder.KeepExpired(header);
                pump.Settle(held, SettlementKind.Ack);
                return null;
            }

            if (inbox is not null && !await inbox.AdmitsAsync(held, header.MessageId, cancellationToken).ConfigureAwait(false))
            {
                pump.Settle(held, SettlementKind.Ack);
                return null;
            }

            if (!await pump.IsOursAsync(held, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            if (held.Delivery.Redelivered)
            {
                bus.Instruments.Redelivered.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
                if (!await pump.RecordStartAsync(held, held.Starts + 1, cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }
            }

            // Not before it is on record: what is recorded ahead, on another thread, is counted from it.
            held.Starts++;
            pump.HandOut(held);
            var message = ReadBody<T>(type, body, out var error);
            var context = decoder.CreateContext(header, held);
            if (pump.DeadLetters is not null)
            {
                held.GivenUp = new GivenUp(context, message, error);
            }

            return new ReceivedMessage<T>(context, new ReaderSettlement(pump, held), message, error);
        }
        catch (UnhandleableMessageException error)
        {
            DeadLetter(held, error);
            return null;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Nothing is expected here: the reader gets the next one.
            FallbackSettlement.Give(pump, held, null, new ConsumerIdentity(decoder.Topic.Name, decoder.Group), error, error, bus.Logger);
            return null;
        }
    }

    /// <summary>Not even its type is known: a reader can't be given the message.</summary>
    private void DeadLetter(InFlightMessage held, UnhandleableMessageException error)
    {
        bus.Instruments.DeadLettered.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group, error.Reason));
        var detail = BoundedText.MessageOf(error);
        Log.Unhandleable(bus.Logger, DeliveryName.Of(held.Delivery), decoder.Topic.Name, decoder.Group, error.Reason, detail);
        held.GivenUp = new GivenUp(null, null, error.InnerException);
        pump.Settle(held, SettlementKind.DeadLetter, error.Reason, detail);
    }

    private T? ReadBody<T>(MessageType type, ReadOnlyMemory<byte> body, out Exception? error)
    {
        try
        {
            error = null;
            return (T)decoder.ReadBody(type, body);
        }
        catch (UnhandleableMessageException unreadable)
        {
            error = unreadable.InnerException ?? unreadable;
            return default;
        }
    }
}
