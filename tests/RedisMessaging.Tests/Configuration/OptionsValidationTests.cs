using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Configuration;

/// <summary>Every mistake is told with the topic, the value and the fix.</summary>
public sealed class OptionsValidationTests
{
    public static TheoryData<string, Action<RedisMessagingBuilder>, string> Mistakes => new()
    {
        { "lease too short", b => b.AddQueue<SendEmail>("emails", q => q.Lease = TimeSpan.FromMilliseconds(10)), "Topic 'emails'*Lease is 00:00:00.01*between 00:00:01 and 1.00:00:00*" },
        { "lease too long", b => b.AddStream<SendEmail>("emails", s => s.Lease = TimeSpan.FromDays(2)), "Topic 'emails'*Lease is 2.00:00:00*between*" },
        { "max length", b => b.AddStream<SendEmail>("emails", s => s.Retention = new Retention { MaxLength = 0 }), "Topic 'emails'*Retention.MaxLength is 0*1 at least*null*" },
        { "max age", b => b.AddStream<SendEmail>("emails", s => s.Retention = new Retention { MaxAge = TimeSpan.Zero }), "Topic 'emails'*Retention.MaxAge is 00:00:00*longer*null*" },
        { "abandoned sooner than a lease", b => b.AddStream<SendEmail>("emails", s => s.Retention = new Retention { AbandonedAfter = TimeSpan.FromSeconds(29) }), "Topic 'emails'*Retention.AbandonedAfter is 00:00:29*Lease (00:00:30)*" },
        { "exactly nothing", b => b.AddStream<SendEmail>("emails", s => s.Retention = Retention.Forever with { Exact = true }), "Topic 'emails'*Retention.Exact*MaxLength*" },
        { "nothing by force", b => b.AddStream<SendEmail>("emails", s => s.Retention = Retention.Forever with { Force = true }), "Topic 'emails'*Retention.Force*MaxLength*MaxAge*" },
        { "no retention", b => b.AddStream<SendEmail>("emails", s => s.Retention = null!), "Topic 'emails'*Retention is null*Forever*" },
        { "broadcast that deletes", b => b.AddStream<SendEmail>("emails", s => s.DeleteOnAck = true).AddHandler<SendEmail>((_, _, _) => ValueTask.CompletedTask, h => h.Broadcast = true), "Topic 'emails'*Broadcast*DeleteOnAck*" },
        { "buffer bytes", b => b.AddPubSub<SendEmail>("emails", p => p.BufferBytes = 0), "Topic 'emails'*BufferBytes is 0*1024 at least*" },
        { "buffer", b => b.AddPubSub<SendEmail>("emails", p => p.BufferCapacity = 0), "Topic 'emails'*BufferCapacity is 0*1 message at least*" },
        { "age of dead letters", b => b.AddQueue<SendEmail>("emails", q => q.DeadLetterMaxAge = TimeSpan.Zero), "Topic 'emails'*DeadLetterMaxAge is 00:00:00*longer than zero*" },
        { "dead letters", b => b.AddQueue<SendEmail>("emails", q => q.DeadLetterLimit = 0), "Topic 'emails'*DeadLetterLimit is 0*1 at least*" },
        { "deduplication window", b => b.AddQueue<SendEmail>("emails", q => q.DeduplicationWindow = TimeSpan.FromDays(8)), "Topic 'emails'*DeduplicationWindow is 8.*7 days*" },
        { "replicas", b => b.AddQueue<SendEmail>("emails", q => q.WaitForReplicas = -1), "Topic 'emails'*WaitForReplicas is -1*0*100*" },
        { "replication timeout", b => b.AddStream<SendEmail>("emails", s => s.ReplicationTimeout = TimeSpan.Zero), "Topic 'emails'*ReplicationTimeout is 00:00:00*1 ms*" },
        { "policy", b => b.AddQueue<SendEmail>("emails", q => q.UnknownTypes = (UnknownTypePolicy)9), "Topic 'emails'*UnknownTypes is '9'*DeadLetter, Ignore*" },
        { "delivery", b => b.AddQueue<SendEmail>("emails", q => q.Delivery = (QueueDelivery)9), "Topic 'emails'*Delivery is '9'*AtLeastOnce, AtMostOnce*" },
        { "full mode", b => b.AddPubSub<SendEmail>("emails", p => p.FullMode = (PubSubFullMode)9), "Topic 'emails'*FullMode is '9'*DropOldest, DropNewest, Disconnect*" },
        { "no type", b => b.AddStream("emails", _ => { }), "Topic 'emails'*carries no message type*Carries<T>()*AddStream<T>*" },
        { "no transport", b => b.AddTopic<SendEmail>("emails", (TransportKind)9), "*no transport '9'*PubSub, Queue, Stream*" },
        { "no parameter", b => b.AddQueue<SendEmail>("emails:{}"), "Topic 'emails:{}'*braces*parameter*" },
        { "prefix", b => b.KeyPrefix = "{shop}:", "*KeyPrefix is '{shop}:'*braces*\"shop:\"*" },
        { "prefix with glob", b => b.KeyPrefix = "shop*", "*KeyPrefix is 'shop*'*" },
        { "shutdown", b => b.ShutdownTimeout = TimeSpan.FromSeconds(-1), "*ShutdownTimeout is -00:00:01*between 0 and 1 day*" },
        { "start", b => b.StartTimeout = TimeSpan.FromDays(3), "*StartTimeout is 3.00:00:00*between 0 and 1 day*" },
        { "publish timeout", b => b.PublishTimeout = TimeSpan.FromSeconds(-1), "*PublishTimeout is -00:00:01*between 0 and 1 day*" },
        { "publish buffer", b => b.PublishBufferCapacity = 0, "*PublishBufferCapacity is 0*1 message at least*" },
        { "unsafe server", b => b.OnUnsafeServer = (OnUnsafeServer)9, "*OnUnsafeServer is '9'*Fail, Warn*" },
        { "message size", b => b.MaxMessageBytes = 10, "*MaxMessageBytes is 10*1024 at least*" },
        { "transport change", b => b.OnTransportChange = (OnTransportChange)9, "*OnTransportChange is '9'*Fail, Warn, Drain*" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_the_value_and_the_fix(string what, Action<RedisMessagingBuilder> configure, string told)
    {
        var building = () => Configured.Model(configure);
        building.Should().Throw<RedisMessagingConfigurationException>(what).WithMessage(told);
    }

    [Fact]
    public void A_topic_s_mistake_is_told_by_the_very_call_that_made_it()
    {
        var builder = new RedisMessagingBuilder();
        var adding = () => builder.AddQueue<SendEmail>("emails", queue => queue.Lease = TimeSpan.Zero);
        adding.Should().Throw<RedisMessagingConfigurationException>();
        builder.Topics.Should().BeEmpty();
    }

    [Fact]
    public void The_defaults_are_what_the_documentation_says()
    {
        var options = new RedisMessagingOptions();
        options.Validate();
        (options.KeyPrefix, options.ShutdownTimeout, options.StartTimeout, options.PublishTimeout, options.StartWithoutRedis, options.OnTransportChange, options.OnUnsafeServer, options.MaxMessageBytes, options.PublishBufferCapacity)
            .Should().Be(("", TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), false, OnTransportChange.Fail, OnUnsafeServer.Fail, 4 * 1024 * 1024, 10_000));
        var consumer = Configured.Model(b => b.AddStream<OrderPlaced>("orders").AddHandler<OrderPlaced>((_, _, _) => ValueTask.CompletedTask)).Consumers.Single();
        (consumer.Concurrency, consumer.Prefetch, consumer.Group, consumer.Broadcast, consumer.StartAt).Should().Be((1, 100, "app", false, StartPosition.Default));
        (new QueueOptions().Lease, new StreamOptions().Lease, new StreamOptions().Retention, new PubSubOptions().BufferCapacity, new PubSubOptions().FullMode, new QueueOptions().DeadLetterLimit)
            .Should().Be((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), new Retention { MaxLength = 1_000_000, MaxAge = null, Exact = false, Force = false, AbandonedAfter = TimeSpan.FromDays(7) }, 10_000, PubSubFullMode.DropOldest, 10_000));
    }

    [Fact]
    public void Every_option_of_the_bus_reaches_the_options_that_configuration_overrides()
    {
        var source = new RedisMessagingOptions { KeyPrefix = "a:", Application = "b", ShutdownTimeout = TimeSpan.FromSeconds(1), StartTimeout = TimeSpan.FromSeconds(2), PublishTimeout = TimeSpan.FromSeconds(3), StartWithoutRedis = true, OnTransportChange = OnTransportChange.Warn, OnUnsafeServer = OnUnsafeServer.Warn, MaxMessageBytes = 2048, PublishBufferCapacity = 3 };
        var target = new RedisMessagingOptions();
        foreach (var property in typeof(RedisMessagingOptions).GetProperties())
        {
            property.GetValue(source).Should().NotBe(property.GetValue(target), "{0} has to differ from its default for this test", property.Name);
            typeof(RedisMessagingBuilder).GetProperty(property.Name).Should().NotBeNull("the builder sets it, too");
        }

        source.CopyTo(target);
        target.Should().BeEquivalentTo(source);
    }
}
