using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Configuration;

/// <summary>An option that would change nothing is refused, with the reason.</summary>
public sealed class OptionsWithoutEffectTests
{
    public static TheoryData<string, Action<RedisMessagingBuilder>, string> Mistakes => new()
    {
        { "replicas of Pub/Sub", b => b.AddPubSub<SendEmail>("emails", p => p.WaitForReplicas = 1), "Topic 'emails': WaitForReplicas is set, but has no effect: Pub/Sub stores nothing*Queue or Stream*" },
        { "ids of Pub/Sub", b => b.AddPubSub<SendEmail>("emails", p => p.DeduplicationWindow = TimeSpan.FromHours(1)), "Topic 'emails': DeduplicationWindow*no effect*Queue or Stream*" },
        { "limit without dead letters", b => b.AddPubSub<SendEmail>("emails", p => p.DeadLetterLimit = 5), "Topic 'emails': DeadLetterLimit*no effect*KeepDeadLetters*" },
        { "age without dead letters", b => b.AddPubSub<SendEmail>("emails", p => p.DeadLetterMaxAge = TimeSpan.FromDays(1)), "Topic 'emails': DeadLetterMaxAge*no effect*KeepDeadLetters*" },
        { "many dead letters of Pub/Sub", b => b.AddPubSub<SendEmail>("emails", p => (p.KeepDeadLetters, p.DeadLetterLimit) = (true, 2_000)), "Topic 'emails': DeadLetterLimit*1000 dead letters at most*" },
        { "lease at most once", b => b.AddQueue<SendEmail>("emails", q => (q.Delivery, q.Lease) = (QueueDelivery.AtMostOnce, TimeSpan.FromMinutes(1))), "Topic 'emails': Lease*no effect*AtMostOnce*" },
        { "timeout of no replicas", b => b.AddStream<SendEmail>("emails", s => s.ReplicationTimeout = TimeSpan.FromSeconds(2)), "Topic 'emails': ReplicationTimeout*no effect*WaitForReplicas is 0*" },
        { "unknown raw types", b => b.AddQueue<SendEmail>("emails", q => (q.Format, q.UnknownTypes) = (MessageFormat.Raw, UnknownTypePolicy.Ignore)), "Topic 'emails': UnknownTypes*no effect*Raw*" },
        { "expiry of raw messages", b => b.AddQueue<SendEmail>("emails", q => (q.Format, q.OnExpired) = (MessageFormat.Raw, ExpiredPolicy.Drop)), "Topic 'emails': OnExpired*no effect*TimeToLive*" },
        { "abandoned groups that hold nothing", b => b.AddStream<SendEmail>("emails", s => s.Retention = Retention.Forever with { AbandonedAfter = TimeSpan.FromDays(1) }), "Topic 'emails': Retention.AbandonedAfter*no effect*" },
        { "beginning of Pub/Sub", b => Handle(b.AddPubSub<SendEmail>("emails"), h => h.StartAt = StartPosition.Beginning), "Topic 'emails'*StartAt is Beginning*Pub*keeps no messages*Stream*" },
        { "news of a queue", b => Handle(b.AddQueue<SendEmail>("emails"), h => h.StartAt = StartPosition.New), "Topic 'emails'*StartAt is New*queue*Stream*" },
        { "no start", b => Handle(b.AddStream<SendEmail>("emails"), h => h.StartAt = (StartPosition)9), "Topic 'emails'*StartAt is 9*Default, Beginning, New*" },
        { "competing subscribers", b => Handle(b.AddPubSub<SendEmail>("emails"), h => h.Broadcast = false), "Topic 'emails'*Broadcast is false*every subscriber*Queue or Stream*" },
        { "keys of raw messages", b => Handle(b.AddQueue<SendEmail>("emails", q => q.Format = MessageFormat.Raw), h => h.KeyOrder = KeyOrder.Strict), "Topic 'emails'*KeyOrder is Strict*Raw*no key*" },
        { "two serializers", b => b.UseSerializer(new NoSerializer()).UseSerializer(new NoSerializer()), "UseSerializer was called twice*" },
        { "two options for JSON", b => b.UseJson(new System.Text.Json.JsonSerializerOptions()).UseJson(new System.Text.Json.JsonSerializerOptions()), "UseJson was given options twice*" },
    };

    public static TheoryData<string, SubscribeOptions, string> MistakesOfReaders => new()
    {
        { "concurrency", new SubscribeOptions { Concurrency = 2 }, "*Concurrency is 2*reader*SubscribeAsync*" },
        { "timeout", new SubscribeOptions { HandlerTimeout = TimeSpan.FromSeconds(1) }, "*HandlerTimeout is 00:00:01*reader*" },
        { "attempts", new SubscribeOptions { Retry = { MaxAttempts = 3 } }, "*Retry.MaxAttempts*reader*NackAsync*" },
        { "no retries", WithNever(), "*Retry.DoNotRetry*reader*" },
        { "pauses", WithPause(), "*PauseOn<TimeoutException> is set*reader*SubscribeAsync*" },
        { "batches", new BatchSubscribeOptions(), "*BatchSubscribeOptions*reader*" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void An_option_without_effect_is_refused(string what, Action<RedisMessagingBuilder> configure, string message)
    {
        var building = () => Configured.Model(configure);
        building.Should().Throw<RedisMessagingConfigurationException>(what).WithMessage(message);
    }

    [Theory]
    [MemberData(nameof(MistakesOfReaders))]
    public void A_reader_refuses_what_is_for_handlers(string what, SubscribeOptions options, string message)
    {
        var model = Configured.Model(b => b.AddStream<SendEmail>("emails"));
        var reading = () => model.DefineConsumer("emails", null, typeof(SendEmail), options);
        reading.Should().Throw<RedisMessagingConfigurationException>(what).WithMessage("Topic 'emails'" + message);
    }

    [Fact]
    public void A_handler_of_single_messages_refuses_options_of_batches()
    {
        var model = Configured.Model(b => b.AddStream<SendEmail>("emails"));
        var subscribing = () => model.DefineConsumer("emails", new RedisMessaging.Consuming.Handlers.DelegateHandlerBinding<SendEmail>((_, _, _) => ValueTask.CompletedTask), typeof(SendEmail), new BatchSubscribeOptions());
        subscribing.Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'emails'*BatchSubscribeOptions*SubscribeBatchAsync*");
    }

    [Fact]
    public void What_says_the_same_as_the_transport_does_is_allowed()
    {
        var building = () => Configured.Model(b => Handle(b.AddPubSub<SendEmail>("emails", p => (p.DeduplicationWindow, p.OnExpired) = (TimeSpan.Zero, ExpiredPolicy.Drop)), h => (h.StartAt, h.Broadcast) = (StartPosition.New, true)));
        building.Should().NotThrow();
        building = () => Configured.Model(b => Handle(b.AddQueue<SendEmail>("emails"), h => h.StartAt = StartPosition.Beginning));
        building.Should().NotThrow();
        building = () => Configured.Model(b => Handle(b.AddStream<SendEmail>("emails", s => (s.WaitForReplicas, s.ReplicationTimeout) = (1, TimeSpan.FromSeconds(2))), h => h.StartAt = StartPosition.New));
        building.Should().NotThrow();
    }

    private static SubscribeOptions WithNever()
    {
        var options = new SubscribeOptions();
        options.Retry.DoNotRetry<FormatException>();
        return options;
    }

    private static SubscribeOptions WithPause()
    {
        var options = new SubscribeOptions();
        options.PauseOn<TimeoutException>(1, TimeSpan.FromSeconds(1));
        return options;
    }

    private static RedisMessagingBuilder Handle(RedisMessagingBuilder builder, Action<HandlerOptions> configure) => builder.AddHandler<SendEmail>((_, _, _) => ValueTask.CompletedTask, configure);

    private sealed class NoSerializer : IMessageSerializer
    {
        public void Serialize<T>(System.Buffers.IBufferWriter<byte> writer, T message) => throw new NotSupportedException();

        public T? Deserialize<T>(System.Buffers.ReadOnlySequence<byte> body) => throw new NotSupportedException();

        public bool CanSerialize(Type type, out string? fix)
        {
            fix = null;
            return true;
        }
    }
}
