using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Configuration;

/// <summary>How handler and filter classes are made, and what is refused at the start.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
public sealed class HandlerClassTests
{
    [Fact]
    public void A_class_that_the_container_can_fill_is_accepted()
    {
        Start(b => b.AddHandler<string, NeedsClock>(), services => services.AddSingleton(new Clock()));
        Start(b => b.AddHandler<string, NeedsNothing>());
        Start(b => b.AddHandler<string, NeedsOptionally>());
        Start(b => b.AddHandler<string, NeedsKeyed>(), services => services.AddKeyedSingleton("wall", new Clock()));
        Start(b => b.AddHandler<string, NeedsScope>());
    }

    [Fact]
    public void A_dependency_that_is_not_registered_is_named_with_its_fix()
    {
        Refused(b => b.AddHandler<string, NeedsClock>(), "*Handler 'HandlerClassTests.NeedsClock' of 'string'*'clock'*'HandlerClassTests.Clock'*not registered*AddScoped<HandlerClassTests.Clock>*");
        Refused(b => b.AddHandler<string, NeedsKeyed>(), "*Handler 'HandlerClassTests.NeedsKeyed'*'clock'*key 'wall'*AddKeyedScoped<HandlerClassTests.Clock>(\"wall\"*");
        Refused(b => b.AddHandler<string, NeedsKeyed>(), "*key 'wall'*", services => services.AddSingleton(new Clock()));
        Refused(b => b.AddBatchHandler<string, BatchNeedsClock>(), "*Batch handler 'HandlerClassTests.BatchNeedsClock'*'clock'*");
        Refused(b => b.AddRequestHandler<string, int, RequestNeedsClock>(), "*Request handler 'HandlerClassTests.RequestNeedsClock'*'clock'*");
        Refused(b => b.AddConsumeFilter<ConsumeFilterNeedsClock>(), "*Consume filter 'HandlerClassTests.ConsumeFilterNeedsClock'*'clock'*");
        Refused(b => b.AddPublishFilter<PublishFilterNeedsClock>(), "*Publish filter 'HandlerClassTests.PublishFilterNeedsClock'*'clock'*");
    }

    [Fact]
    public void Looks_into_what_is_registered_as_well()
    {
        Refused(b => b.AddHandler<string, NeedsClock>(), "*Handler 'HandlerClassTests.NeedsClock'*'clock'*", services => services.AddScoped<NeedsClock>());
        Refused(b => b.AddHandler<string, NeedsWatch>(), "*Handler 'HandlerClassTests.NeedsWatch'*'watch'*'HandlerClassTests.IWatch'*'HandlerClassTests.Watch'*'clock'*'HandlerClassTests.Clock'*not registered*", services => services.AddScoped<IWatch, Watch>());
        Start(b => b.AddHandler<string, NeedsWatch>(), services => services.AddScoped<IWatch, Watch>().AddScoped<HandlerClassTests.Clock>());
        Start(b => b.AddHandler<string, NeedsWatch>(), services => services.AddScoped<IWatch>(_ => new Watch(new Clock())));
    }

    [Fact]
    public void A_class_registered_by_a_factory_is_never_looked_into() =>
        Start(b => b.AddHandler<string, NeedsClock>(), services => services.AddScoped(_ => new NeedsClock(new Clock())));

    [Fact]
    public void Interfaces_and_base_classes_have_to_be_registered()
    {
        Start(b => b.AddHandler<string, IStringHandler>(), services => services.AddScoped<IStringHandler>(_ => new NeedsNothing()));
        Start(b => b.AddHandler<string, StringHandler>(), services => services.AddScoped<StringHandler, NeedsNothing>());
        Refused(b => b.AddHandler<string, IStringHandler>(), "*Handler 'HandlerClassTests.IStringHandler'*interface*not registered*AddScoped<HandlerClassTests.IStringHandler>*");
        Refused(b => b.AddHandler<string, StringHandler>(), "*Handler 'HandlerClassTests.StringHandler'*abstract*not registered*");
        Refused(b => b.AddHandler<string, Hidden>(), "*Handler 'HandlerClassTests.Hidden'*no public constructor*");
        Refused(b => b.AddHandler<string, StringHandler>(), "*it is 'HandlerClassTests.NeedsClock'*'clock'*", services => services.AddScoped<StringHandler, NeedsClock>());
    }

    [Fact]
    public void Of_several_constructors_the_largest_that_can_be_filled_is_used()
    {
        using var none = new ServiceCollection().BuildServiceProvider();
        Make<Two>(none).Used.Should().Be("none");
        using var clock = new ServiceCollection().AddSingleton(new Clock()).BuildServiceProvider();
        Make<Two>(clock).Used.Should().Be("clock");
        Start(b => b.AddHandler<string, Two>());
        Make<Marked>(clock).Used.Should().Be("none");
        Refused(b => b.AddHandler<string, Ambiguous>(), "*Handler 'HandlerClassTests.Ambiguous'*several constructors*ActivatorUtilitiesConstructor*", services => services.AddSingleton(new Clock()).AddSingleton<IWatch>(new Watch(new Clock())));
        Refused(b => b.AddHandler<string, Ambiguous>(), "*none of its 2 constructors*");
    }

    [Fact]
    public void What_the_container_has_comes_from_it_and_what_was_made_is_owned()
    {
        var mine = new NeedsNothing();
        using var services = new ServiceCollection().AddSingleton(mine).AddKeyedSingleton("wall", new Clock()).BuildServiceProvider();
        new ClassSource<NeedsNothing>().Get(services, out var owned).Should().BeSameAs(mine);
        owned.Should().BeFalse();
        new ClassSource<NeedsKeyed>().Get(services, out owned).Should().NotBeNull();
        owned.Should().BeFalse("there is nothing to dispose");
        new ClassSource<Disposed>().Get(services, out owned).Should().NotBeNull();
        owned.Should().BeTrue();
        new ClassSource<NeedsOptionally>().Get(services, out _).Number.Should().Be(7);
    }

    [Fact]
    public async Task Without_a_container_a_class_that_needs_something_is_refused_before_Redis_is_asked()
    {
        var connecting = async () => await RedisMessageBus.ConnectAsync("127.0.0.1:1", b => Configure(b).AddHandler<string, NeedsClock>());
        (await connecting.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("*Handler 'HandlerClassTests.NeedsClock'*'clock'*without a container*AddRedisMessaging*");
    }

    private static T Make<T>(IServiceProvider services)
        where T : class => new ClassSource<T>().Get(services, out _);

    private static RedisMessagingBuilder Configure(RedisMessagingBuilder builder) => builder.AddStream<string>("texts");

    private static void Refused(Action<RedisMessagingBuilder> configure, string told, Action<IServiceCollection>? register = null)
    {
        var starting = () => Start(configure, register);
        starting.Should().Throw<RedisMessagingConfigurationException>().WithMessage(told);
    }

    private static void Start(Action<RedisMessagingBuilder> configure, Action<IServiceCollection>? register = null)
    {
        var services = new ServiceCollection().AddRedisMessaging("localhost:1", b => configure(Configure(b)));
        register?.Invoke(services);
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IMessageBus>();
    }

    private sealed class Clock;

    private interface IWatch;

    private sealed class Watch(Clock clock) : IWatch
    {
        public Clock Clock { get; } = clock;
    }

    private interface IStringHandler : IMessageHandler<string>;

    private abstract class StringHandler : IStringHandler
    {
        public ValueTask HandleAsync(string message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class NeedsNothing : StringHandler;

    private sealed class NeedsClock(Clock clock) : StringHandler
    {
        public Clock Clock { get; } = clock;
    }

    private sealed class NeedsWatch(IWatch watch) : StringHandler
    {
        public IWatch Watch { get; } = watch;
    }

    private sealed class NeedsScope(IServiceProvider services, IServiceScopeFactory scopes) : StringHandler
    {
        public object Both { get; } = (services, scopes);
    }

    private sealed class NeedsKeyed([FromKeyedServices("wall")] Clock clock) : StringHandler
    {
        public Clock Clock { get; } = clock;
    }

    private sealed class NeedsOptionally(Clock? clock = null, int number = 7) : StringHandler
    {
        public int Number { get; } = clock is null ? number : 0;
    }

    private sealed class Hidden : StringHandler
    {
        private Hidden()
        {
        }
    }

    private sealed class Disposed : StringHandler, IDisposable
    {
        public void Dispose()
        {
        }
    }

    private sealed class Two : StringHandler
    {
        public Two() => Used = "none";

        public Two(Clock clock) => Used = clock is null ? "null" : "clock";

        public string Used { get; }
    }

    private sealed class Marked : StringHandler
    {
        [ActivatorUtilitiesConstructor]
        public Marked() => Used = "none";

        public Marked(Clock clock) => Used = clock is null ? "null" : "clock";

        public string Used { get; }
    }

    private sealed class Ambiguous : StringHandler
    {
        public Ambiguous(Clock clock) => Used = clock;

        public Ambiguous(IWatch watch) => Used = watch;

        public object Used { get; }
    }

    private sealed class BatchNeedsClock(Clock clock) : IBatchHandler<string>
    {
        public Clock Clock { get; } = clock;

        public ValueTask HandleAsync(IReadOnlyList<ReceivedMessage<string>> batch, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class RequestNeedsClock(Clock clock) : IRequestHandler<string, int>
    {
        public Clock Clock { get; } = clock;

        public ValueTask<int> HandleAsync(string request, MessageContext context, CancellationToken cancellationToken) => ValueTask.FromResult(1);
    }

    private sealed class ConsumeFilterNeedsClock(Clock clock) : IConsumeFilter
    {
        public Clock Clock { get; } = clock;

        public ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken) => next(context, cancellationToken);
    }

    private sealed class PublishFilterNeedsClock(Clock clock) : IPublishFilter
    {
        public Clock Clock { get; } = clock;

        public ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken) => next(context, cancellationToken);
    }
}
