using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Configuration;
using RedisMessaging.Publishing.Batching;

namespace RedisMessaging.Diagnostics.Logging;

/// <summary>
/// A logger that is taken from the container once the bus is made. Taken any earlier, a logger provider that needs
/// <see cref="IMessageBus"/> would wait for a bus that waits for it. What is logged while the bus is being made is written when it starts.
/// </summary>
internal sealed class DeferredLogger(IServiceProvider services, string category) : ILogger
{
    [ThreadStatic]
    private static bool _making;

    private readonly ConcurrentQueue<Action<ILogger>> _held = new();
    private ILogger? _logger;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => BusFactory.IsMaking ? null : Logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => BusFactory.IsMaking || Logger.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (BusFactory.IsMaking)
        {
            _held.Enqueue(logger => logger.Log(logLevel, eventId, state, exception, formatter));
            return;
        }

        Flush();
        Logger.Log(logLevel, eventId, state, exception, formatter);
    }

    public void Flush()
    {
        while (_held.TryDequeue(out var write))
        {
            write(Logger);
        }
    }

    private ILogger Logger => Volatile.Read(ref _logger) ?? Make();

    private ILogger Make()
    {
        if (_making)
        {
            // A logger provider uses the bus in its constructor: what is to be said of that has nowhere to go yet.
            return NullLogger.Instance;
        }

        _making = true;
        try
        {
            var factory = services.GetService(typeof(ILoggerFactory)) as ILoggerFactory ?? NullLoggerFactory.Instance;
            // Guarded here as well: what was held back is written when the bus starts, which a provider that throws must not stop.
            var made = new GuardedLogger(factory.CreateLogger(category));
            return Interlocked.CompareExchange(ref _logger, made, null) ?? made;
        }
        catch (Exception)
        {
            // The container is gone, or a provider can't be made: with the next entry it is tried again.
            return NullLogger.Instance;
        }
        finally
        {
            _making = false;
        }
    }
}
