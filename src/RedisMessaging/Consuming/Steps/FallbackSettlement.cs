using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Steps;

/// <summary>
/// Settles a message where finding its outcome failed. It runs none of the user's code: another attempt after the default delay, and after
/// the last one a dead letter by the exception's type name. Without it the message would stay in hand, its lease renewed, until the process
/// ends.
/// </summary>
internal static class FallbackSettlement
{
    private static readonly RetryOptions Default = new();

    /// <param name="retry">
    /// The handler's, of which only the number of attempts counts; <see langword="null"/> where no handler is known.
    /// </param>
    /// <param name="failure">What the message failed with.</param>
    /// <param name="fault">What finding the outcome failed with; the same where the message had no outcome at all.</param>
    public static void Give(
        ConsumerPump pump,
        InFlightMessage held,
        RetryOptions? retry,
        ConsumerIdentity consumer,
        Exception failure,
        Exception fault,
        ILogger logger)
    {
        var isOver = held.Starts >= (retry ?? Default).MaxAttempts;
        var type = TypeName.Full(failure.GetType());
        Log.OutcomeFailed(
            logger,
            DeliveryName.Of(held.Delivery),
            consumer.Topic,
            consumer.Group,
            held.Starts,
            type,
            isOver ? "a dead letter" : "another attempt",
            fault);
        if (isOver)
        {
            pump.Settle(held, SettlementKind.DeadLetter, DeadLetterReason.MaxAttempts, type);
        }
        else
        {
            pump.RetryLater(held, Default.DelayAfter(Math.Max(1, held.Starts)));
        }
    }
}
