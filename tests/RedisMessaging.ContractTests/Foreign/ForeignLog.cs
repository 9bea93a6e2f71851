using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace RedisMessaging.ContractTests;

/// <summary>A provider that prints exceptions as the console does, keeps what it printed, and may throw at each call.</summary>
internal sealed class ForeignLog(bool throws) : ILoggerFactory, ILogger
{
    public ConcurrentQueue<(int Id, string Text)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("RedisMessaging", StringComparison.Ordinal) ? this : NullLogger.Instance;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => throws ? throw new InvalidOperationException("BeginScope of a logger threw.") : null;

    public bool IsEnabled(LogLevel logLevel) => throws ? throw new InvalidOperationException("IsEnabled of a logger threw.") : true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Lines.Enqueue((eventId.Id, $"{formatter(state, exception)} {exception}"));
        if (throws)
        {
            throw new InvalidOperationException("Log of a logger threw.");
        }
    }

    public void Dispose()
    {
    }
}
