using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Tests.Diagnostics;

/// <summary>Each area of the library has a log category, and a level, of its own.</summary>
public sealed class AreaLoggerTests
{
    [Theory]
    [InlineData(null, "RedisMessaging")]
    [InlineData("orders", "RedisMessaging.orders")]
    public void An_entry_is_in_the_category_of_its_area(string? bus, string prefix)
    {
        var entries = new List<string>();
        var logger = Over(entries, bus, _ => { });

        foreach (var area in Enum.GetValues<LogArea>())
        {
            logger.Log(LogLevel.Information, new EventId((int)area * 1000), "text", null, (text, _) => text);
        }

        logger.Log(LogLevel.Information, 7, "without an area", null, (text, _) => text);

        entries.Should().Equal([.. Enum.GetNames<LogArea>().Select(area => $"{prefix}.{area}"), prefix]);
    }

    [Fact]
    public void A_level_of_one_area_is_not_that_of_another()
    {
        var entries = new List<string>();
        var logger = Over(entries, null, logging => logging
            .AddFilter("RedisMessaging", LogLevel.Warning)
            .AddFilter("RedisMessaging.Consuming", LogLevel.Debug));

        logger.IsEnabled(LogLevel.Debug).Should().BeTrue("one area logs it");
        Log.AlreadyHandled(logger, "1", "orders", "billing");
        Log.ConsumerStopped(logger, "orders", "billing");
        Log.PublishRetried(logger, 1, "orders", 1, 0.1, new TimeoutException());
        Log.BackgroundPublishFailed(logger, "orders", new TimeoutException());

        entries.Should().Equal("RedisMessaging.Consuming", "RedisMessaging.Consuming", "RedisMessaging.Publishing");
    }

    [Fact]
    public void A_level_of_no_area_is_off()
    {
        var logger = Over([], null, logging => logging.AddFilter("RedisMessaging", LogLevel.Error));

        logger.IsEnabled(LogLevel.Warning).Should().BeFalse();
        logger.IsEnabled(LogLevel.Error).Should().BeTrue();
    }

    private static ILogger Over(List<string> entries, string? bus, Action<ILoggingBuilder> configure)
    {
        var loggers = LoggerFactory.Create(logging => configure(logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new CategoryProvider(entries))));
        return GuardedLogger.Create(loggers, bus);
    }

    /// <summary>Keeps the category of each entry.</summary>
    private sealed class CategoryProvider(List<string> entries) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new CategoryLogger(categoryName, entries);

        public void Dispose()
        {
        }
    }

    private sealed class CategoryLogger(string category, List<string> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => entries.Add(category);
    }
}
