using Microsoft.Extensions.Logging;

namespace RedisMessaging.FaultTests;

/// <summary>What a bus warns of, in the test's output.</summary>
internal sealed class WarningLog(ITestOutputHelper output, RunLog log, string name) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            var error = exception is null ? "" : $" {exception.GetType().Name}: {exception.Message.Split('\n')[0]}";
            output.WriteLine($"{log.Now.TotalSeconds,7:0.000} {name} {logLevel} {formatter(state, exception)}{(error.Length > 300 ? error[..300] : error)}");
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
