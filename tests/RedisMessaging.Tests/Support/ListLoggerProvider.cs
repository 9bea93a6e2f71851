using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Tests.Support;

/// <summary>Keeps what is logged.</summary>
internal sealed class ListLoggerProvider : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(int EventId, LogLevel Level, string Text)> Lines { get; } = new();

    public ConcurrentQueue<Exception> Errors { get; } = new();

    /// <summary>The values of each message, by their names.</summary>
    public ConcurrentQueue<IReadOnlyList<KeyValuePair<string, object?>>> States { get; } = new();

    public IEnumerable<string> TextsOf(int eventId) => Lines.Where(line => line.EventId == eventId).Select(line => line.Text);

    /// <summary>The categories that loggers were made for.</summary>
    public ConcurrentQueue<string> Categories { get; } = new();

    public ILogger CreateLogger(string categoryName)
    {
        Categories.Enqueue(categoryName);
        return this;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            States.Enqueue(values);
        }

        if (exception is not null)
        {
            Errors.Enqueue(exception);
        }
    }

    public void Dispose()
    {
    }
}
