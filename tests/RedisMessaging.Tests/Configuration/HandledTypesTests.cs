using RedisMessaging.Configuration;
using RedisMessaging.Serialization;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Configuration;

/// <summary>Handlers of interfaces and base types get every carried type that is one.</summary>
public sealed class HandledTypesTests
{
    private interface IEvent;

    private interface IOther;

    [Fact]
    public void A_base_gets_what_no_nearer_handler_takes()
    {
        var consumer = Model(b => b.AddStream("all", s => s.Carries<First>().Carries<Second>().Carries<Third>())
            .AddHandler<IEvent>(Handle)
            .AddHandler<First>(Handle)
            .AddHandler<object>(Handle)).Consumers.Single();

        consumer.Handlers.ToDictionary(pair => pair.Key, pair => pair.Value.Binding.MessageType)
            .Should().Equal(new Dictionary<Type, Type> { [typeof(First)] = typeof(First), [typeof(Second)] = typeof(IEvent), [typeof(Third)] = typeof(object) });
    }

    [Fact]
    public void An_interface_that_no_topic_carries_is_handled_on_every_topic_that_has_one()
    {
        var consumers = Model(b => b.AddStream<First>("first").AddQueue<Second>("second").AddStream<Third>("third").AddHandler<IEvent>(Handle)).Consumers;

        consumers.Select(consumer => consumer.Topic.Name).Should().BeEquivalentTo("first", "second");
        Model(b => b.AddStream<First>("first").AddQueue<Second>("second").AddHandler<IEvent>(Handle, h => h.Topic = "second")).Consumers.Single().Topic.Name.Should().Be("second");
    }

    [Fact]
    public void A_carried_type_is_handled_on_its_topic_with_what_derives_from_it()
    {
        var consumer = Model(b => b.AddStream("firsts", s => s.Carries<First>().Carries<Derived>()).AddStream("others", s => s.Carries<OtherDerived>()).AddHandler<First>(Handle)).Consumers.Single();

        (consumer.Topic.Name, consumer.Types).Should().BeEquivalentTo(("firsts", new[] { typeof(First), typeof(Derived) }));
    }

    [Fact]
    public void What_can_not_be_is_refused()
    {
        Refused(b => b.AddStream<Second>("topic").AddHandler<IEvent>(Handle).AddHandler<IOther>(Handle), "Topic 'topic', group 'app': 'delegate for *IEvent' and 'delegate for *IOther' both handle '*Second'. Give each a Group of its own*");
        Refused(b => b.AddStream<First>("topic").AddHandler<IEvent>(Handle).AddHandler<First>(Handle), "*'delegate for *IEvent' would get no message: each type that is '*IEvent' has a handler of its own*");
        Refused(b => b.AddStream<First>("topic").AddHandler<IOther>(Handle), "No topic carries '*IOther'.*");
        Refused(b => b.AddStream<First>("topic").AddHandler<IOther>(Handle, h => h.Topic = "topic"), "Topic 'topic' does not carry '*IOther'; it carries *First*");
        Refused(b => b.AddStream<First>("topic").AddHandler<IEvent>(Handle).AddHandler<IEvent>(Handle), "*two handlers, each 'delegate for *IEvent', handle '*IEvent'*");
    }

    private static BusModel Model(Action<RedisMessagingBuilder> configure) => Configured.Model(b =>
    {
        b.UseReflectionJson();
        configure(b);
    });

    private static void Refused(Action<RedisMessagingBuilder> configure, string message) =>
        FluentActions.Invoking(() => Model(configure)).Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);

    private static Task Handle<T>(T message, MessageContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    private record First : IEvent;

    private sealed record Derived : First;

    private sealed record OtherDerived : First;

    private sealed record Second : IEvent, IOther;

    private sealed record Third;
}
