using Microsoft.Extensions.Logging;

namespace LogCollector.Shipping;

/// <summary>What a program logs goes to the outbox, too. <c>Logging:Bus:LogLevel</c> in appsettings.json says what of it.</summary>
/// <remarks>It does not take the bus: that logs itself, and would be needed for its own making. Its log is left out (<c>"RedisMessaging": "None"</c>), or a failure to send would be one more line to send.</remarks>
[ProviderAlias("Bus")]
internal sealed class BusLoggerProvider(Outbox outbox) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new BusLogger(categoryName, outbox);

    public void Dispose()
    {
    }
}
