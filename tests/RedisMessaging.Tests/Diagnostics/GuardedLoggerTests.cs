using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Diagnostics;

/// <summary>A provider that throws loses an entry and stops nothing.</summary>
public sealed class GuardedLoggerTests
{
    [Fact]
    public void What_a_provider_throws_goes_no_further()
    {
        var logger = Over(new ThrowingProvider());

        new GuardedLogger(new ThrowingProvider()).IsEnabled(LogLevel.Error).Should().BeTrue("another provider may want it");
        new GuardedLogger(new ThrowingProvider()).BeginScope("scope").Should().BeNull();
        logger.BeginScope("scope")?.Dispose();
        logger.Invoking(it => it.LogError(new InvalidOperationException("error"), "text")).Should().NotThrow();
    }

    [Fact]
    public void An_exception_that_can_t_be_printed_is_logged_by_its_type()
    {
        var printing = new PrintingProvider();
        var logger = Over(printing);

        logger.LogError(new BrokenException(), "text");

        printing.Printed.Should().ContainSingle().Which.Should()
            .Contain(typeof(BrokenException).FullName).And.Contain("its Message can't be read: it throws System.InvalidOperationException");
    }

    [Fact]
    public void An_entry_that_a_provider_refused_for_another_reason_is_not_written_twice()
    {
        var throwing = new ThrowingProvider();

        new GuardedLogger(throwing).Log(LogLevel.Error, 1, "state", new InvalidOperationException("error"), (_, _) => "text");

        throwing.Calls.Should().Be(1);
    }

    private static ILogger Over(ILoggerProvider provider)
    {
        // A factory gathers what its providers throw, and throws that.
        var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(provider));
        return GuardedLogger.Create(loggers);
    }

    private sealed class ThrowingProvider : ILoggerProvider, ILogger
    {
        public int Calls { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => Throws(new InvalidOperationException("BeginScope")) ? null : null;

        private static bool Throws(Exception error) => throw error;

        public bool IsEnabled(LogLevel logLevel) => Throws(new InvalidOperationException("IsEnabled"));

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Calls++;
            Throws(new InvalidOperationException("Log"));
        }

        public void Dispose()
        {
        }
    }

    private sealed class PrintingProvider : ILoggerProvider, ILogger
    {
        public List<string> Printed { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Printed.Add($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
