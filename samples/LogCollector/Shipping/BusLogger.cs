using Microsoft.Extensions.Logging;

namespace LogCollector.Shipping;

internal sealed class BusLogger(string category, Outbox outbox) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        outbox.Add(new LogLine(logLevel, category, exception is null ? text : $"{text}\n{exception}"));
    }
}
