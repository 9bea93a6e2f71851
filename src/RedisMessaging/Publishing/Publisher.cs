using System.Runtime.CompilerServices;
using RedisMessaging.Bus;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Publishing.Outcomes;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing;

/// <summary>Publishes one message: filters, envelope, transport, and what the outcome means.</summary>
internal sealed class Publisher(PublishFilters filters, MessageEncoder encoder, PublishMetrics metrics)
{
    public ValueTask<PublishResult> PublishAsync<T>(
        TopicRuntime topic,
        string address,
        T message,
        PublishOptions? options,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var type = topic.Types.Of(message);
        return encoder.HasFilters
            ? PublishFilteredAsync(topic, address, type, message!, options, cancellationToken)
            : SendAsync(topic, address, encoder.Encode(topic, address, type, message, options), cancellationToken);
    }

    /// <summary>By itself: what its lambda captures would be allocated for every publish, filters or not.</summary>
    private ValueTask<PublishResult> PublishFilteredAsync(
        TopicRuntime topic,
        string address,
        MessageType type,
        object message,
        PublishOptions? options,
        CancellationToken cancellationToken)
    {
        var context = new PublishContext(address, message, type.Type, options);
        return MessagePipelines.Publish(
            filters.Get(),
            (published, token) =>
                SendAsync(topic, address, encoder.Encode(topic, address, type, published), token))(context, cancellationToken);
    }

    /// <summary>Publishes a message that asks for a reply.</summary>
    /// <param name="expect">Told its id before it is sent.</param>
    public ValueTask<PublishResult> RequestAsync<T>(
        TopicRuntime topic,
        string address,
        T message,
        PublishOptions options,
        string replyTo,
        Action<string> expect,
        CancellationToken cancellationToken)
    {
        var type = topic.Types.Of(message);
        if (!encoder.HasFilters)
        {
            return SendExpectedAsync(encoder.Encode(topic, address, type, message, options, replyTo), cancellationToken);
        }

        var context = new PublishContext(address, message!, type.Type, options);
        return MessagePipelines.Publish(
            filters.Get(),
            (published, token) =>
                SendExpectedAsync(encoder.Encode(topic, address, type, published, replyTo), token))(context, cancellationToken);

        ValueTask<PublishResult> SendExpectedAsync(OutgoingFrame frame, CancellationToken token)
        {
            expect(frame.MessageId);
            return SendAsync(topic, address, frame, token);
        }
    }

    /// <summary>The result that the publisher gets for a message that is stored.</summary>
    public static PublishResult ResultOf(string messageId, in SendResult sent) =>
        new(messageId, sent.Receivers, sent.Duplicate ? null : sent.Position, sent.Duplicate)
        {
            Version = sent.Duplicate ? null : sent.Version,
        };

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PublishResult> SendAsync(
        TopicRuntime topic,
        string address,
        OutgoingFrame frame,
        CancellationToken cancellationToken)
    {
        var result = await topic.Batcher.SendAsync(address, frame, cancellationToken).ConfigureAwait(false);
        metrics.Count(topic, [result]);
        return result.Error is null
            ? ResultOf(frame.MessageId, result)
            : throw PublishErrors.Describe(topic, frame.MessageId, result);
    }
}
