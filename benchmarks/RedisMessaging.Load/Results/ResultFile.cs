using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RedisMessaging.Load.Results;

/// <summary>What was measured, kept as JSON between commands: in artifacts/benchmarks, where build.sh starts this program.</summary>
internal static class ResultFile
{
    public static void Write<T>(string name, T result, JsonTypeInfo<T> type) => File.WriteAllText(name, JsonSerializer.Serialize(result, type) + "\n");

    /// <returns>Its default when there is none.</returns>
    public static T? Read<T>(string name, JsonTypeInfo<T> type) => File.Exists(name) ? JsonSerializer.Deserialize(File.ReadAllText(name), type) : default;
}
