namespace RedisMessaging.Publishing;

/// <summary>Applies the options of one call to each of its messages.</summary>
internal static class SharedOptions
{
    /// <exception cref="ArgumentException">Several messages would get the same id or position.</exception>
    public static IEnumerable<OutgoingMessage<T>> Apply<T>(IEnumerable<T> messages, PublishOptions? options)
    {
        if (options?.MessageId is not null || options?.Position is not null)
        {
            messages = [.. messages];
            if (messages.Skip(1).Any())
            {
                var (name, value) = options.MessageId is null
                    ? (nameof(options.Position), options.Position)
                    : (nameof(options.MessageId), options.MessageId);
                throw new ArgumentException(
                    $"One {name} ('{value}') can't be given to several messages. Give each its own: PublishManyAsync(topic, "
                    + "IEnumerable<OutgoingMessage<T>>).",
                    nameof(options));
            }
        }

        return messages.Select((message, i) => new OutgoingMessage<T>(message, OffsetVersion(options, i)));
    }

    /// <summary>The expected version is the first message's. Each later message expects the version that the one before it makes.</summary>
    private static PublishOptions? OffsetVersion(PublishOptions? options, int before) =>
        options?.ExpectedVersion is { } version ? options with { ExpectedVersion = version + before } : options;
}
