using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

/// <summary>
/// The logger of a bus: it gives each entry to the category of its area (<c>RedisMessaging.Consuming</c>), so that operators can set the
/// level of each.
/// </summary>
internal sealed class AreaLogger : ILogger
{
    private const int EventsOfArea = 1000;

    private readonly ILogger[] _loggers = new ILogger[(int)Enum.GetValues<LogArea>().Max() + 1];

    /// <param name="loggers">Makes the logger of each category.</param>
    /// <param name="prefix">What the categories start with.</param>
    public AreaLogger(ILoggerFactory loggers, string prefix)
    {
        // For an event without an area: no message of the library is one.
        _loggers[0] = new BoundedLogger(loggers.CreateLogger(prefix));
        foreach (var area in Enum.GetValues<LogArea>())
        {
            _loggers[(int)area] = new BoundedLogger(loggers.CreateLogger($"{prefix}.{area}"));
        }
    }

    /// <summary>The area of an event, or 0.</summary>
    public static LogArea AreaOf(EventId eventId)
    {
        var area = (LogArea)(eventId.Id / EventsOfArea);
        return Enum.IsDefined(area) ? area : 0;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _loggers[0].BeginScope(state);

    /// <summary>Whether any area logs this level: the entry's own area decides in <see cref="Log"/>.</summary>
    public bool IsEnabled(LogLevel logLevel)
    {
        foreach (var logger in _loggers)
        {
            if (logger.IsEnabled(logLevel))
            {
                return true;
            }
        }

        return false;
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _loggers[(int)AreaOf(eventId)].Log(logLevel, eventId, state, exception, formatter);
}
