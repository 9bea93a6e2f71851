using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using RedisMessaging.ContractTests;

namespace RedisMessaging.FaultTests;

/// <summary>A user's code that throws wherever the library calls it: a log that throws after each entry, a listener that throws at each count, a condition of Never, and the members of exceptions.</summary>
internal static class ForeignCode
{
    public static void Configure(RetryOptions retry)
    {
        retry.Delay = TimeSpan.FromMilliseconds(5);
        retry.DoNotRetry<InvalidOperationException>(error => error.Data["code"]!.ToString() == "1");
    }

    /// <summary>What the handler throws, another kind from message to message.</summary>
    public static Exception FailureOf(LoadMessage message) => (message.Publisher % 3) switch
    {
        0 => new InvalidOperationException("Poison."),
        1 => new BrokenException(hasMessage: true),
        _ => new BrokenException(hasMessage: false),
    };

    public static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RedisMessagingTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("A listener of a meter threw."));
        listener.Start();
        return listener;
    }

    /// <summary>Throws before the handler, for some of the poison.</summary>
    public sealed class Filter : IConsumeFilter
    {
        public async ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken)
        {
            if (context.Message is LoadMessage { Filler: Poison.Throws } poison && poison.Publisher % 4 == 0)
            {
                throw new BrokenException(hasMessage: false);
            }

            await next(context, cancellationToken);
        }
    }

    /// <summary>Prints as the console does, and throws then.</summary>
    public sealed class Log : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Console.Error.WriteLine($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
            throw new InvalidOperationException("A logger threw.");
        }

        public void Dispose()
        {
        }
    }
}
