using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests.Moves;

/// <summary>The log of a bus, which tells whether Redis has refused something.</summary>
internal sealed class MoveLog(ILogger inner) : ILoggerFactory, ILogger
{
    private int _refusals;

    /// <summary>How often the bus has logged that Redis refused something.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is RedisException)
        {
            Interlocked.Increment(ref _refusals);
        }

        inner.Log(logLevel, eventId, state, exception, formatter);
    }

    public void Dispose()
    {
    }
}
