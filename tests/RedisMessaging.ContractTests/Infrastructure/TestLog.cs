using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>The bus's log in the test's output.</summary>
internal sealed class TestLog(ITestOutputHelper output) : ILoggerFactory, ILogger
{
    private readonly long _started = TimeProvider.System.GetTimestamp();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            output.WriteLine($"{TimeProvider.System.GetElapsedTime(_started).TotalSeconds,7:0.000} {logLevel} {eventId.Id} {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
        }
        catch (InvalidOperationException)
        {
            // The test is over.
        }
    }

    public void Dispose()
    {
    }
}
