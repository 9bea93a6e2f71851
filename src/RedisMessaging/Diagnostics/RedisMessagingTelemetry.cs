namespace RedisMessaging;

/// <summary>The names to subscribe to the library's telemetry with.</summary>
public static class RedisMessagingTelemetry
{
    /// <summary>
    /// The name of the <see cref="System.Diagnostics.Metrics.Meter"/>: <c>AddMeter(RedisMessagingTelemetry.MeterName)</c>.
    /// </summary>
    public const string MeterName = "RedisMessaging";
}
