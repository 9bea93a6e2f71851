using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using RedisMessaging.Background;
using RedisMessaging.Bus;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Topics;

namespace RedisMessaging.Requests;

/// <summary>Publishes requests and waits for their replies. However a request ends, nothing of it is left.</summary>
internal sealed class Requester(
    Publisher publisher,
    ReplyListener replies,
    IMessageSerializer serializer,
    TimeProvider time,
    Instruments instruments)
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);
    private static readonly TimeSpan MinTimeToLive = TimeSpan.FromMilliseconds(1);

    private readonly ConcurrentDictionary<Type, bool> _readable = new();

    public async ValueTask<TReply> RequestAsync<TRequest, TReply>(
        TopicRuntime topic,
        string address,
        TRequest request,
        RequestOptions options,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Check<TReply>(options);
        var started = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var call = new Call(address, options.Timeout);
        try
        {
            await replies.OpenAsync(either.Token).ConfigureAwait(false);
            // The time that is left: the request is not to be handled once its requester has given up.
            var left = options.Timeout - time.GetElapsedTime(started);
            either.Token.ThrowIfCancellationRequested();
            await PublishAsync(
                topic,
                address,
                request,
                options,
                left > MinTimeToLive ? left : MinTimeToLive,
                call,
                either.Token).ConfigureAwait(false);
            var frame = await call.Reply.Task.WaitAsync(either.Token).ConfigureAwait(false);
            instruments.RepliesReceived.Add(1, Instruments.Topic(topic.Name));
            return Read<TReply>(address, frame);
        }
        catch (Exception error) when (either.IsCancellationRequested && error is OperationCanceledException or PublishException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            instruments.RequestTimeouts.Add(1, Instruments.Topic(topic.Name));
            throw new RequestTimeoutException(call.Describe(), address, call.MessageId, error);
        }
        finally
        {
            if (call.MessageId is { } id)
            {
                replies.Remove(id);
            }
        }
    }

    private void Check<TReply>(RequestOptions options)
    {
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > MaxTimeout)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                options.Timeout,
                $"A request's Timeout must be more than zero and at most {MaxTimeout.TotalHours} hours.");
        }

        if (!_readable.ContainsKey(typeof(TReply)))
        {
            _readable[typeof(TReply)] = serializer.CanSerialize(typeof(TReply), out var fix)
                ? true
                : throw new RedisMessagingConfigurationException(
                    $"The serializer can't read the reply '{TypeName.Of(typeof(TReply))}'. {fix}");
        }
    }

    private async Task PublishAsync<TRequest>(
        TopicRuntime topic,
        string address,
        TRequest request,
        RequestOptions options,
        TimeSpan timeToLive,
        Call call,
        CancellationToken cancellationToken)
    {
        var publishOptions = new PublishOptions
        {
            Key = options.Key,
            Headers = options.Headers,
            CorrelationId = options.CorrelationId,
            TimeToLive = timeToLive,
        };
        var publishing = publisher.RequestAsync(
            topic,
            address,
            request,
            publishOptions,
            replies.Key.ToString(),
            call.Expect(replies),
            cancellationToken).AsTask();
        try
        {
            // A write under way can't be taken back, but the asker need not wait for Redis to answer it.
            var result = await publishing.WaitAsync(cancellationToken).ConfigureAwait(false);
            Judge(topic, address, call, result);
        }
        catch (OperationCanceledException) when (!publishing.IsCompleted)
        {
            FireAndForget.Observe(publishing);
            throw;
        }
    }

    private void Judge(TopicRuntime topic, string address, Call call, in PublishResult result)
    {
        var messageId = call.MessageId ?? throw new PublishRefusedException(address, "(none yet)", "a publish filter did not pass it on.");
        call.IsPublished = true;
        instruments.Requests.Add(1, Instruments.Topic(topic.Name));
        if (result.Receivers == 0)
        {
            throw new NoResponderException(address, messageId);
        }

        if (result.Duplicate)
        {
            throw new RequestException(
                $"Request '{messageId}' was not stored: topic '{address}' already got a message with this id within its "
                    + "DeduplicationWindow, so it is not answered. Leave the id to the bus: a publish filter sets it.",
                address,
                messageId);
        }
    }

    private TReply Read<TReply>(string address, ReadOnlyMemory<byte> frame)
    {
        var header = EnvelopeReader.Read(frame, out var body);
        var requestId = header.InReplyTo!;
        if (header.ErrorType is { } errorType)
        {
            throw new RemoteRequestException(address, requestId, errorType, Encoding.UTF8.GetString(body.Span));
        }

        var expected = WireName.Of(typeof(TReply));
        if (header.Type != expected)
        {
            throw new RequestException(
                $"Request '{requestId}' on topic '{address}' was answered with a '{BoundedText.Name(header.Type)}', but a "
                    + $"'{TypeName.Of(typeof(TReply))}' ('{expected}') was asked for. Asker and handler have to name one reply type.",
                address,
                requestId);
        }

        try
        {
            return serializer.Deserialize<TReply>(new ReadOnlySequence<byte>(body))
                ?? throw new RequestException(
                    $"The reply to request '{requestId}' on topic '{address}' is null, which is not a '{TypeName.Of(typeof(TReply))}'.",
                    address,
                    requestId);
        }
        catch (Exception error) when (error is not RequestException)
        {
            throw new RequestException(
                $"The reply to request '{requestId}' on topic '{address}' can't be read as '{TypeName.Of(typeof(TReply))}': "
                    + $"{BoundedText.MessageOf(error)}",
                address,
                requestId,
                error);
        }
    }

    /// <summary>What is known of a request under way.</summary>
    private sealed class Call(string address, TimeSpan timeout)
    {
        public TaskCompletionSource<ReadOnlyMemory<byte>> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Set once it is registered.</summary>
        public string? MessageId { get; private set; }

        public bool IsPublished { get; set; }

        /// <summary>To be called between encoding and sending: the reply may be there before sending returns.</summary>
        public Action<string> Expect(ReplyListener replies) => messageId =>
        {
            if (!replies.TryAdd(messageId, Reply))
            {
                throw new PublishRefusedException(
                    address,
                    messageId,
                    "this process waits for the reply to a request with this id. Leave the id to the bus: a publish filter sets it.");
            }

            MessageId = messageId;
        };

        public string Describe() => !IsPublished
            ? $"A request could not be published to topic '{address}' within "
                + $"{timeout}{(MessageId is null ? "" : $"; whether '{MessageId}' is stored is not known")}."
            : $"Request '{MessageId}' was published to topic '{address}', and no reply came within {timeout}. Either no consumer handles "
                + "such requests, or the handler takes longer. If no handler has started with it yet, it is not handled any more.";
    }
}
