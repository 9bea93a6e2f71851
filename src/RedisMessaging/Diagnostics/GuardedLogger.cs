using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>
/// What the library logs to. Providers are a user's code, and so are the members of the exceptions that they print: one that throws loses its log entry, and never stops the loop that wrote it.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    /// <summary>The one logger of a bus.</summary>
    public static ILogger Create(ILoggerFactory loggers) => new GuardedLogger(loggers.CreateLogger("RedisMessaging"));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return inner.BeginScope(state);
        }
        catch (Exception)
        {
            return null;
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            // Other providers behind the same logger may want the entry.
            return true;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            LogPrintable(logLevel, eventId, state, exception, formatter);
        }
    }

    /// <summary>Where the exception itself is what could not be printed, the entry is written again without it.</summary>
    private void LogPrintable<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is null || ExceptionText.Printable(exception) is not UnprintableException printable)
        {
            return;
        }

        try
        {
            inner.Log(logLevel, eventId, state, printable, formatter);
        }
        catch (Exception)
        {
            // Nothing is left to say it with.
        }
    }
}
