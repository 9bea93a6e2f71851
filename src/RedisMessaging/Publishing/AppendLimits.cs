using RedisMessaging.Redis.StreamReading;

namespace RedisMessaging.Publishing;

/// <summary>Checks what a message asks for when it is appended to a stream: an expected version, a position.</summary>
internal static class AppendLimits
{
    /// <returns>The position that it asks for.</returns>
    /// <exception cref="PublishRefusedException">It can't be appended so.</exception>
    public static StreamId? Check(
        string topic,
        TransportKind kind,
        TransportCapabilities capabilities,
        string messageId,
        long? expectedVersion,
        string? position,
        bool later)
    {
        if (expectedVersion is null && position is null)
        {
            return null;
        }

        var name = expectedVersion is null ? nameof(PublishOptions.Position) : nameof(PublishOptions.ExpectedVersion);
        if (!capabilities.ExpectedVersions)
        {
            throw PublishLimits.Refuse(
                topic,
                messageId,
                $"it has {(expectedVersion is null ? "a" : "an")} {name}, and the topic is on "
                + $"{kind}{(kind == TransportKind.Stream ? " with DeleteOnAck" : "")}, which has none. Stream topics "
                + $"{(kind == TransportKind.Stream ? "without it " : "")}have versions and positions.");
        }

        if (later)
        {
            throw PublishLimits.Refuse(
                topic,
                messageId,
                $"it has both {(expectedVersion is null ? "a" : "an")} {name} and a Delay or a NotBefore: the stream's version and "
                + "position at the time the message is due are not known yet. Give one of them.");
        }

        if (expectedVersion < 0)
        {
            throw PublishLimits.Refuse(
                topic,
                messageId,
                $"its ExpectedVersion is {expectedVersion}; it must be 0 (nothing was ever published) or more.");
        }

        return position is null ? null : ReadPosition(topic, messageId, position);
    }

    private static StreamId ReadPosition(string topic, string messageId, string position)
    {
        var full = position.Contains('-', StringComparison.Ordinal) ? position : position + "-0";
        if (!StreamId.TryParse(full, out var id))
        {
            throw PublishLimits.Refuse(
                topic,
                messageId,
                $"its Position '{PublishLimits.Show(position)}' is not a position: one looks like '1763712000123-0', or '1763712000123' "
                + "for short.");
        }

        if (id.Milliseconds == ulong.MaxValue)
        {
            // Redis numbers what follows within that millisecond, up to its end.
            throw PublishLimits.Refuse(
                topic,
                messageId,
                $"its Position '{PublishLimits.Show(position)}' lies in the last millisecond there is: once a stream has reached its end, "
                + "nothing can "
                + $"ever be published to the topic again. Choose one below '{ulong.MaxValue}-0'.");
        }

        return id != default
            ? id
            : throw PublishLimits.Refuse(topic, messageId, "its Position is '0-0', which lies before everything. Start at '0-1'.");
    }
}
