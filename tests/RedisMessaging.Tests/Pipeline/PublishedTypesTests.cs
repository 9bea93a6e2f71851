using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Publishing;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>As what a message is published: what it is, else the nearest carried base that keeps all of it.</summary>
public sealed class PublishedTypesTests
{
    public interface IEvent;

    public interface IAudited;

    public interface ISpecial : IEvent;

    [Fact]
    public void A_message_is_published_as_what_it_is()
    {
        var types = Types(topic => topic.Carries<Happening>().Carries<Created>());
        Happening created = new Created("a", "b");
        types.Of(created).Type.Should().Be<Created>();
        types.Of((object)created).Type.Should().Be<Created>();
        types.Of((IEvent)created).Type.Should().Be<Created>();
        types.Of(new Happening("a")).Type.Should().Be<Happening>();
    }

    [Fact]
    public void The_nearest_base_that_keeps_everything_is_next()
    {
        Types(topic => topic.Carries<Happening>()).Of(new Renamed("a")).Type.Should().Be<Happening>("it adds nothing");
        var animals = Types(topic => topic.Carries<Animal>().Carries<Dog>());
        animals.Of(new Puppy("a", 1, "c")).Type.Should().Be<Animal>("its attribute names it, and as a Dog it would lose a property");
        animals.Of<Animal>(new Dog("a", 1)).Type.Should().Be<Dog>();
        Types(topic => topic.Carries<int?>()).Of<int?>(1).Type.Should().Be<int?>();
    }

    [Fact]
    public void What_would_lose_properties_is_refused_with_topic_both_types_and_the_fix()
    {
        var publishing = () => Types(topic => topic.Carries<Happening>()).Of<Happening>(new Created("a", "b"));
        publishing.Should().Throw<RedisMessagingConfigurationException>().WithMessage(
            "Topic 'topic'*'PublishedTypesTests.Happening'*'PublishedTypesTests.Created'*lose its property '?ame'*Carries<PublishedTypesTests.Created>()*[JsonDerivedType(typeof(PublishedTypesTests.Created), \"…\")]*");
        FluentActions.Invoking(() => Types(topic => topic.Carries<Happening>()).Of<Happening>(new Hiding("a", 1))).Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'?d'*");
        FluentActions.Invoking(() => Types(topic => topic.Carries<Animal>()).Of<Animal>(new Cat("a", 1))).Should().Throw<RedisMessagingConfigurationException>().WithMessage("*JsonDerivedType*does not name it*");
    }

    [Fact]
    public void A_type_that_no_context_knows_is_looked_at_by_its_members()
    {
        var serializer = new JsonMessageSerializer(null, [EventJson.Default], null);
        var topic = Configured.Topic(b => b.UseJson(EventJson.Default).AddQueue<Happening>("topic"));
        new PublishedTypes(topic, serializer).Of<Happening>(new Renamed("a")).Type.Should().Be<Happening>();
        FluentActions.Invoking(() => new PublishedTypes(topic, serializer).Of<Happening>(new Created("a", "b"))).Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'Name'*");
    }

    [Fact]
    public void What_is_not_carried_at_all_is_told_with_what_is() =>
        FluentActions.Invoking(() => Types(topic => topic.Carries<Happening>()).Of<object>("text")).Should().Throw<RedisMessagingConfigurationException>().WithMessage("*does not carry 'string'*Happening*");

    [Fact]
    public void A_serializer_refuses_to_drop_properties_whoever_asks()
    {
        var json = new JsonMessageSerializer(null, [], new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver());
        FluentActions.Invoking(() => json.Serialize<Happening>(new ArrayBufferWriter<byte>(), new Created("a", "b"))).Should().Throw<NotSupportedException>().WithMessage("*'PublishedTypesTests.Created'*lose*");
        var buffer = new ArrayBufferWriter<byte>();
        json.Serialize<Animal>(buffer, new Puppy("a", 1, "c"));
        Encoding.UTF8.GetString(buffer.WrittenSpan).Should().Contain("\"$type\":\"puppy\"").And.Contain("\"owner\":\"c\"");
    }

    [Fact]
    public void What_a_message_is_made_of_keeps_its_properties_or_is_refused()
    {
        var json = new JsonMessageSerializer(null, [], new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver());
        Refuse(new Box<Happening>(new Created("a", "b")), "'PublishedTypesTests.Box<PublishedTypesTests.Happening>.Value'*'PublishedTypesTests.Created'*lose its property '?ame'*[JsonDerivedType*");
        Refuse(new Box<List<Happening>>([new Happening("a"), new Created("a", "b")]), "*.Value[[]]'*'PublishedTypesTests.Created'*");
        Refuse(new Box<Happening[][]>([[], [new Created("a", "b")]]), "*[[]]'*'PublishedTypesTests.Created'*");
        Refuse(new Box<Dictionary<string, Box<Happening>>>(new() { ["a"] = new(new Created("a", "b")) }), "*.Value'*'PublishedTypesTests.Created'*");
        Refuse(new Box<HashSet<Happening>>([new Created("a", "b")]), "*'PublishedTypesTests.Created'*");
        Refuse<List<Happening>>([new Created("a", "b")], "*'PublishedTypesTests.Created'*");
        Refuse(new Chain(null, new Chain(new Created("a", "b"), null)), "'PublishedTypesTests.Chain.Happening'*");

        Accept(new Box<Happening>(new Happening("a")));
        Accept(new Box<Happening>(new Renamed("a")));
        Accept(new Box<Happening?>(null));
        Accept(new Box<Animal>(new Puppy("a", 1, "c")));
        Accept(new Box<object>(new Created("a", "b")));
        Accept(new Box<IReadOnlyList<Happening>>([new Happening("a")]));
        Accept(new Chain(new Happening("a"), new Chain(null, null)));
        var runs = 0;
        Accept(new Box<IEnumerable<Happening>>(Enumerable.Range(0, 3).Select(number => new Happening($"{runs++}"))));
        runs.Should().Be(3, "a sequence runs once");

        void Accept<T>(T message) => json.Serialize(new ArrayBufferWriter<byte>(), message);

        void Refuse<T>(T message, string told) => FluentActions.Invoking(() => Accept(message)).Should().Throw<NotSupportedException>().WithMessage(told.Replace("[[]]", "[]", StringComparison.Ordinal));
    }

    [Fact]
    public void The_topic_is_that_of_what_a_message_is()
    {
        var model = Configured.Model(b => b.UseReflectionJson().AddQueue<Happening>("events").AddQueue<Created>("created").AddQueue<Dog>("dogs"));
        model.TopicOf(typeof(Created)).Name.Should().Be("created");
        model.TopicOf(typeof(Renamed)).Name.Should().Be("events");
        model.OnlyTopicOf(typeof(Created))!.Name.Should().Be("created");
        model.OnlyTopicOf(typeof(Dog))!.Name.Should().Be("dogs");
        model.OnlyTopicOf(typeof(Happening)).Should().BeNull("each message decides");
        model.TopicOf(typeof(Happening), [typeof(Created), typeof(Created)]).Name.Should().Be("created");
        FluentActions.Invoking(() => model.TopicOf(typeof(Happening), [typeof(Created), typeof(Happening)])).Should().Throw<RedisMessagingConfigurationException>()
            .WithMessage("*several topics*'created' (PublishedTypesTests.Created)*'events' (PublishedTypesTests.Happening)*");
        FluentActions.Invoking(() => Configured.Model(b => b.UseReflectionJson().AddQueue<Happening>("events").AddHandler<Created>((_, _, _) => ValueTask.CompletedTask)))
            .Should().Throw<RedisMessagingConfigurationException>().WithMessage("No topic carries 'PublishedTypesTests.Created'*", "its handler would get nothing");
        FluentActions.Invoking(() => model.TopicOf(typeof(string))).Should().Throw<RedisMessagingConfigurationException>().WithMessage("No topic carries 'string'*AddStream<string>*");
    }

    [Fact]
    public void Two_interfaces_that_are_equally_near_are_told()
    {
        CarriedOf([typeof(object), typeof(IEvent), typeof(IAudited)]).Should().Equal(typeof(IEvent), typeof(IAudited), typeof(object));
        CarriedOf([typeof(object), typeof(IEvent), typeof(ISpecial)]).Should().Equal(typeof(ISpecial), typeof(IEvent), typeof(object));
        CarriedBases.RivalOf(typeof(IEvent), [typeof(IEvent), typeof(IAudited)]).Should().Be<IAudited>();
        CarriedBases.RivalOf(typeof(ISpecial), [typeof(ISpecial), typeof(IEvent)]).Should().BeNull();

        static IReadOnlyList<Type> CarriedOf(IEnumerable<Type> carried) => CarriedBases.Of(typeof(Both), carried);
    }

    [Fact]
    public void Messages_of_the_library_tell_types_of_one_name_apart()
    {
        const string One = "RedisMessaging.Tests.Diagnostics.One.", Other = "RedisMessaging.Tests.Diagnostics.Other.";
        FluentActions.Invoking(() => Configured.Model(b => b.UseReflectionJson().AddQueue("things", queue => queue.Carries<Diagnostics.One.Thing>().Carries<Diagnostics.Other.Thing>())))
            .Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*'{One}Thing' and '{Other}Thing'*Carries<{Other}Thing>*");
        var model = Configured.Model(b => b.UseReflectionJson().AddQueue<Diagnostics.One.Thing>("things"));
        FluentActions.Invoking(() => model.TopicOf(typeof(Diagnostics.Other.Thing))).Should().Throw<RedisMessagingConfigurationException>()
            .WithMessage($"No topic carries '{Other}Thing'*AddStream<{Other}Thing>*'things' ({One}Thing)*");
        FluentActions.Invoking(() => model.Topics.Single().GetByType(typeof(List<Diagnostics.Other.Thing>))).Should().Throw<RedisMessagingConfigurationException>()
            .WithMessage("*does not carry 'List<Thing>'*it carries Thing*Carries<List<Thing>>()*");
        FluentActions.Invoking(() => Configured.Model(b => b.UseReflectionJson().AddQueue<Diagnostics.One.Thing>("things")
                .AddHandler<Diagnostics.One.Thing, Diagnostics.One.ThingHandler>().AddHandler<Diagnostics.One.Thing, Diagnostics.Other.ThingHandler>()))
            .Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*'{One}ThingHandler' and '{Other}ThingHandler' both handle 'Thing'*");
        FluentActions.Invoking(() => Configured.Model(b => b.UseReflectionJson().AddQueue<Diagnostics.One.Thing>("things")
                .AddHandler<Diagnostics.One.Thing, Diagnostics.One.ThingHandler>().AddHandler<Diagnostics.One.Thing, Diagnostics.One.ThingHandler>()))
            .Should().Throw<RedisMessagingConfigurationException>().WithMessage("*two handlers, each 'ThingHandler', handle 'Thing'*");
    }

    private static PublishedTypes Types(Action<TopicOptions> configure)
    {
        var json = new JsonMessageSerializer(null, [], new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver());
        return new PublishedTypes(Configured.Topic(b => b.UseReflectionJson().AddQueue("topic", queue => configure(queue))), json);
    }

    public sealed record Box<T>(T Value);

    public sealed record Chain(Happening? Happening, Chain? Next);

    public record Happening(string Id) : IEvent;

    public sealed record Created(string Id, string Name) : Happening(Id);

    public sealed record Renamed(string Id) : Happening(Id);

    public sealed record Hiding : Happening
    {
        public Hiding(string id, int number)
            : base(id) => Id = number;

        public new int Id { get; init; }
    }

    public sealed record Both : ISpecial, IAudited;

    [JsonDerivedType(typeof(Puppy), "puppy")]
    [JsonDerivedType(typeof(Dog), "dog")]
    public record Animal(string Name);

    public record Dog(string Name, int Legs) : Animal(Name);

    public sealed record Puppy(string Name, int Legs, string Owner) : Dog(Name, Legs);

    public sealed record Cat(string Name, int Lives) : Animal(Name);
}
