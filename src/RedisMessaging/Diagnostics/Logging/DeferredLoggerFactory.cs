using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RedisMessaging.Publishing.Batching;

namespace RedisMessaging.Diagnostics.Logging;

/// <summary>Loggers that are taken from the container when the bus is made: see <see cref="DeferredLogger"/>.</summary>
internal sealed class DeferredLoggerFactory(IServiceProvider services) : ILoggerFactory
{
    private readonly ConcurrentDictionary<string, DeferredLogger> _loggers = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, name => new DeferredLogger(services, name));

    /// <summary>Writes what was logged while the bus was being made.</summary>
    public void Flush()
    {
        foreach (var logger in _loggers.Values)
        {
            logger.Flush();
        }
    }

    /// <inheritdoc cref="Flush"/>
    public Task FlushAsync()
    {
        Flush();
        return Task.CompletedTask;
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
