using System.Text;
using RedisMessaging.Background;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Requests;

/// <summary>
/// Writes replies to the streams that requests name. Done means written, or of no use any more: the request is acked after it.
/// </summary>
internal sealed class ReplySender(
    RedisConnections connections,
    IMessageSerializer serializer,
    PublishLimits limits,
    string source,
    BusServices bus)
{
    /// <summary>The type of a reply that tells of a failure.</summary>
    public const string FailureType = "request-failed";

    private const int MaxReplies = 10_000;

    /// <summary>For how long a reply is kept that says nothing of its own time, and at least.</summary>
    private static readonly TimeSpan MinLife = TimeSpan.FromMinutes(1);

    /// <summary>
    /// For how long a reply is written again that Redis refuses: a right may be missing for a moment. The request's handler waits
    /// meanwhile.
    /// </summary>
    private static readonly TimeSpan MaxRefusal = TimeSpan.FromSeconds(12);

    /// <exception cref="OperationCanceledException">Cancelled before it was written.</exception>
    public Task SendAsync(ConsumerIdentity consumer, EnvelopeHeader request, Reply reply, CancellationToken cancellationToken)
    {
        byte[] frame;
        try
        {
            frame = reply.Write(HeaderFor(request, reply.Type), serializer);
            limits.CheckSize(consumer.Topic, request.MessageId, frame.Length);
        }
        catch (Exception error)
        {
            // Nor can the next attempt's be written.
            Log.ReplyUnwritable(bus.Logger, request.MessageId, consumer.Topic, consumer.Group, error);
            return FailAsync(consumer, request, error, cancellationToken);
        }

        return WriteAsync(consumer, request, frame, cancellationToken);
    }

    /// <inheritdoc cref="SendAsync"/>
    public Task FailAsync(ConsumerIdentity consumer, EnvelopeHeader request, Exception error, CancellationToken cancellationToken)
    {
        var (type, text) = error switch
        {
            UnhandleableMessageException { InnerException: null } unhandleable =>
                (TypeName.Full(typeof(DeadLetterException)), $"{unhandleable.Reason}: {BoundedText.MessageOf(unhandleable)}"),
            UnhandleableMessageException unhandleable =>
                (TypeName.Full(unhandleable.InnerException!.GetType()), $"{unhandleable.Reason}: {BoundedText.MessageOf(unhandleable)}"),
            _ => (TypeName.Full(error.GetType()), BoundedText.MessageOf(error)),
        };
        var header = HeaderFor(request, FailureType) with { ErrorType = BoundedText.Name(type) };
        return WriteAsync(
            consumer,
            request,
            EnvelopeWriter.Write(header, Encoding.UTF8.GetBytes(BoundedText.Cut(text))),
            cancellationToken);
    }

    private EnvelopeHeader HeaderFor(in EnvelopeHeader request, string type)
    {
        var now = bus.Time.GetUtcNow();
        return new EnvelopeHeader
        {
            MessageId = Guid.CreateVersion7(now).ToString("N"),
            Type = type,
            PublishedAtMs = now.ToUnixTimeMilliseconds(),
            Source = source,
            CorrelationId = request.CorrelationId,
            InReplyTo = request.MessageId,
        };
    }

    private async Task WriteAsync(ConsumerIdentity consumer, EnvelopeHeader request, byte[] frame, CancellationToken cancellationToken)
    {
        var key = request.ReplyTo!;
        var started = bus.Time.GetTimestamp();
        var until = request.ExpiresAt ?? bus.Time.GetUtcNow() + MinLife;
        var backoff = new Backoff(bus.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (true)
        {
            var left = until - bus.Time.GetUtcNow();
            try
            {
                // Once more than needed does no harm: the first reply counts.
                var life = (long)(left > MinLife ? left : MinLife).TotalMilliseconds;
                var call = TopicCalls.Reply(key, frame, MaxReplies, life);
                await connections.RunToTheEndAsync(frame.Length, database => call.RunAsync(database)).ConfigureAwait(false);
                bus.Instruments.RepliesSent.Add(1, Instruments.Consumer(consumer.Topic, consumer.Group));
                return;
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                if (left <= TimeSpan.Zero || (!RedisErrors.IsTransient(error) && bus.Time.GetElapsedTime(started) >= MaxRefusal))
                {
                    bus.Instruments.RepliesLost.Add(1, Instruments.Consumer(consumer.Topic, consumer.Group));
                    Log.ReplyLost(bus.Logger, request.MessageId, consumer.Topic, consumer.Group, AdviceOn(error, key), error);
                    return;
                }

                Log.ReplyFailed(bus.Logger, request.MessageId, consumer.Topic, consumer.Group, error);
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private string AdviceOn(Exception error, string key) => RedisErrors.Classify(error) is FaultKind.NoPermission
        ? AclAdvice.For(BoundedText.MessageOf(error), connections.User, ReplyKey.PatternOf(key[..key.LastIndexOf('{')]), "")
        : "Nobody waits for it any more";
}
