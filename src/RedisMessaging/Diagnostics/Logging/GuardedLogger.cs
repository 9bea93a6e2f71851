using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

/// <summary>
/// What the library logs to. Providers are a user's code, and so are the members of the exceptions that they print: one that throws loses
/// its log entry, and never stops the loop that wrote it.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    /// <summary>
    /// The logger of a bus, with a category for each area. Those of a bus with a name are below <c>RedisMessaging.{name}</c>.
    /// </summary>
    /// <param name="bus">The name of the bus.</param>
    public static ILogger Create(ILoggerFactory loggers, string? bus = null) =>
        new GuardedLogger(new AreaLogger(loggers, bus is null ? "RedisMessaging" : $"RedisMessaging.{bus}"));

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

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // Nothing is left to say it with.
        }
    }
}
