using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

/// <summary>
/// The library's logger: nothing that somebody else wrote goes into a log message longer than <see cref="BoundedText.MaxBytes"/>, be it an
/// exception or a value.
/// </summary>
internal sealed class BoundedLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!logger.IsEnabled(logLevel))
        {
            return;
        }

        var bounded = exception is null ? null : BoundedException.For(exception);
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values && BoundedLogState.IsNeededFor(values))
        {
            logger.Log(
                logLevel,
                eventId,
                new BoundedLogState(values, formatter(state, bounded)),
                bounded,
                static (cut, _) => cut.ToString());
        }
        else
        {
            logger.Log(logLevel, eventId, state, bounded, formatter);
        }
    }
}
