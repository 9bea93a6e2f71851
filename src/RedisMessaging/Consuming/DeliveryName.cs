using RedisMessaging.Consuming.Steps;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming;

/// <summary>What a log entry about one message calls it.</summary>
internal static class DeliveryName
{
    /// <summary>Its id, as the handler would have been given it; where its envelope can't be read its position, if it has one.</summary>
    public static string Of(StepContext context) => context.Context?.MessageId ?? Of(context.Held.Delivery);

    /// <inheritdoc cref="Of(StepContext)"/>
    public static string Of(in Delivery delivery) => Find(delivery) ?? delivery.Position ?? "(unreadable)";

    /// <summary>Its id; <see langword="null"/> where that can't be read.</summary>
    public static string? Find(in Delivery delivery) =>
        EnvelopeReader.ReadIfPossible(delivery.Frame, out _) is { MessageId: var id } ? id : delivery.MadeUpId;
}
