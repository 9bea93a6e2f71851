using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>The bus's log in the test's output, and kept.</summary>
internal sealed class TestLog(ITestOutputHelper output) : ILoggerFactory, ILogger
{
    private readonly long _started = TimeProvider.System.GetTimestamp();

    public ConcurrentQueue<(int Id, string Text)> Lines { get; } = new();

    public ConcurrentQueue<Exception> Errors { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Lines.Enqueue((eventId.Id, formatter(state, exception)));
        if (exception is not null)
        {
            Errors.Enqueue(exception);
        }

        try
        {
            output.WriteLine($"{TimeProvider.System.GetElapsedTime(_started).TotalSeconds,7:0.000} {logLevel} {eventId.Id} {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
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
