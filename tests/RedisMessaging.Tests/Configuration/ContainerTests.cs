using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics.Logging;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Configuration;

/// <summary>The bus in a container that also has things which need the bus.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
public sealed class ContainerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_publish_filter_may_need_the_bus()
    {
        await using var provider = Services(b => b.AddPublishFilter<NeedsBus>()).AddSingleton<NeedsBus>().BuildServiceProvider();
        var bus = await ResolveAsync(provider);
        // Refused for want of a Redis, and not before the filter was made.
        await Eventually.EndsAsync(bus.PublishAsync("x").AsTask().ContinueWith(static _ => { }, TaskScheduler.Default), TimeSpan.FromSeconds(20));
        provider.GetRequiredService<NeedsBus>().Bus.Should().BeSameAs(bus);
        provider.GetRequiredService<NeedsBus>().Published.Should().Be(1);
    }

    [Fact]
    public async Task A_publish_filter_that_is_not_registered_may_need_the_bus()
    {
        await using var provider = Services(b => b.AddPublishFilter<NeedsBus>()).BuildServiceProvider();
        await ResolveAsync(provider);
    }

    [Fact]
    public async Task A_publish_filter_that_publishes_in_its_constructor_is_refused()
    {
        await using var provider = Services(b => b.AddPublishFilter<PublishesAtOnce>()).BuildServiceProvider();
        var bus = await ResolveAsync(provider);
        var publishing = async () => await bus.PublishAsync("x");
        (await publishing.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("*publish filter*constructor*");
    }

    [Fact]
    public async Task A_logger_provider_may_need_the_bus()
    {
        await using var provider = Services(_ => { }).AddLogging(logging => logging.Services.AddSingleton<ILoggerProvider, LogsToBus>()).BuildServiceProvider();
        var resolving = Task.Run(() => provider.GetRequiredService<ILoggerFactory>().CreateLogger("x"));
        await Eventually.EndsAsync(resolving, Soon);
        await ResolveAsync(provider);
        provider.GetRequiredService<DeferredLoggerFactory>().CreateLogger("RedisMessaging").LogInformation("Goes through.");
        provider.GetServices<ILoggerProvider>().OfType<LogsToBus>().Single().Lines.Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task What_makes_the_connection_may_need_the_bus()
    {
        await using var provider = new ServiceCollection()
            .AddRedisMessaging(b => b.AddStream<string>("texts"))
            .AddSingleton<IConnectionMultiplexer>(services => throw new InvalidOperationException($"Made with {services.GetRequiredService<IMessageBus>()}."))
            .BuildServiceProvider();
        await ResolveAsync(provider);
    }

    [Fact]
    public async Task Options_that_need_the_bus_are_refused_with_the_reason()
    {
        await using var provider = Services(_ => { }).AddSingleton<IConfigureOptions<RedisMessagingOptions>, ConfiguresFromBus>().BuildServiceProvider();
        var resolving = () => Eventually.EndsAsync(Task.Run(() => provider.GetRequiredService<IMessageBus>()), Soon);
        (await resolving.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage("*IMessageBus is needed to make IMessageBus*");
    }

    [Fact]
    public void The_container_s_clock_is_not_the_bus_s()
    {
        var services = Services(_ => { }).AddSingleton<TimeProvider>(new TestTime());
        using var provider = services.BuildServiceProvider();
        BusClock.Of(provider).Should().BeSameAs(TimeProvider.System);
        provider.GetRequiredService<TimeProvider>().Should().BeOfType<TestTime>("it is left alone");

        var mine = new TestTime();
        using var keyed = services.AddKeyedSingleton<TimeProvider>(BusClock.Key, mine).BuildServiceProvider();
        BusClock.Of(keyed).Should().BeSameAs(mine);
        new ServiceCollection().AddRedisMessaging("localhost:1", _ => { }).Should().NotContain(service => service.ServiceType == typeof(TimeProvider), "a clock is the application's to register");
    }

    [Fact]
    public async Task A_container_may_be_disposed_synchronously()
    {
        var provider = Services(_ => { }).BuildServiceProvider();
        var bus = (RedisMessageBus)await ResolveAsync(provider);
        await Eventually.EndsAsync(Task.Run(provider.Dispose), Soon);
        var publishing = async () => await bus.PublishAsync("x");
        await publishing.Should().ThrowAsync<ObjectDisposedException>();
        bus.Dispose();
        await bus.DisposeAsync();
    }

    private static IServiceCollection Services(Action<RedisMessagingBuilder> configure) => new ServiceCollection().AddRedisMessaging("127.0.0.1:1,connectTimeout=100", b =>
    {
        b.StartTimeout = TimeSpan.FromMilliseconds(100);
        b.AddStream<string>("texts");
        configure(b);
    });

    /// <summary>A cycle would keep it from ever returning.</summary>
    private static Task<IMessageBus> ResolveAsync(ServiceProvider provider) => Eventually.EndsAsync(Task.Run(provider.GetRequiredService<IMessageBus>), Soon);

    private sealed class NeedsBus(IMessageBus bus) : IPublishFilter
    {
        public IMessageBus Bus { get; } = bus;

        public int Published { get; private set; }

        public ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken)
        {
            Published++;
            return next(context, cancellationToken);
        }
    }

    private sealed class PublishesAtOnce : IPublishFilter
    {
        public PublishesAtOnce(IMessageBus bus) => bus.PublishAsync("made").AsTask().GetAwaiter().GetResult();

        public ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken) => next(context, cancellationToken);
    }

    private sealed class LogsToBus(IMessageBus bus) : ILoggerProvider, ILogger
    {
        private int _lines;

        public int Lines => _lines;

        public IMessageBus Bus { get; } = bus;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Interlocked.Increment(ref _lines);

        public void Dispose()
        {
        }
    }

    private sealed class ConfiguresFromBus(IMessageBus bus) : IConfigureOptions<RedisMessagingOptions>
    {
        public void Configure(RedisMessagingOptions options) => options.Application = bus.ToString();
    }
}
