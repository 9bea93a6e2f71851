using System.Globalization;
using System.Text;
using RedisMessaging.Load.Growth;

namespace RedisMessaging.Load.Results;

/// <summary>A growth as a table in Markdown.</summary>
internal static class GrowthTable
{
    public static string Write(GrowthResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {result.Axis} | | messages/s | client µs/message | server µs/message | allocated/message | connections |\n|---|---|---|---|---|---|---|\n");
        foreach (var point in result.Points)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {point.Size:#,0} | {(point.Series == nameof(TransportKind.PubSub) ? "Pub/Sub" : point.Series)} | {point.Sample.Rate:#,0} | {point.Sample.ClientEach:0.0} | {point.Sample.ServerEach:0.0} | {point.Sample.BytesEach:#,0} B | {point.Connections} |\n");
        }

        if (result.Error is { } error)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nNot measured: {error.ReplaceLineEndings(" ")}\n");
        }

        return text.ToString();
    }
}
