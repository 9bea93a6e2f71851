using System.Globalization;
using RedisMessaging;
using StackExchange.Redis;

namespace LogCollector;

/// <param name="Kept">How many lines a service's stream has.</param>
/// <param name="Ever">How many it was ever given.</param>
/// <param name="Bytes">What it takes of Redis' memory (<c>MEMORY USAGE</c>).</param>
internal sealed record StreamSize(string Service, long Kept, long Ever, long Bytes)
{
    public static async Task<StreamSize> MeasureAsync(IMessageBus bus, IDatabase redis, string keyPrefix, string service)
    {
        var topic = Logs.TopicOf(service);
        var summary = await bus.Topic(topic).AsStream().SummarizeHistoryAsync();
        // SAMPLES 0: all of it, not an estimate from some nodes.
        var bytes = await redis.ExecuteAsync("MEMORY", "USAGE", $"{keyPrefix}{{{topic}}}:stream", "SAMPLES", 0);
        return new StreamSize(service, summary.Count, summary.Version, bytes.IsNull ? 0 : (long)bytes);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Service}: {Kept:N0} of {Ever:N0} kept, {Bytes / 1e6:0.0} MB");
}
