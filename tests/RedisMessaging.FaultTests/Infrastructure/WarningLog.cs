using Microsoft.Extensions.Logging;

namespace RedisMessaging.FaultTests;

/// <summary>What a bus warns of, in the test's output.</summary>
internal sealed class WarningLog(ITestOutputHelper output, RunLog log, string name) : ILoggerFactory, ILogger
{
    private const int LongestError = 300;
    private const int QueueReceiveFault = 11000;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var error = exception is null ? "" : $" {exception.GetType().Name}: {exception.Message.Split('\n')[0]}";
        var text = formatter(state, exception) + (error.Length > LongestError ? error[..LongestError] : error);
        if (logLevel >= LogLevel.Warning)
        {
            log.Warn(text);
        }

        if (eventId.Id == QueueReceiveFault)
        {
            log.NoteReceiveFault();
        }

        try
        {
            output.WriteLine($"{log.Now.TotalSeconds,7:0.000} {name} {logLevel} {text}");
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
