using System.Text.Json.Serialization;

namespace LogCollector;

/// <summary>How messages are written, generated when this is compiled. Levels by their names, for whoever reads the stream with redis-cli.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogLine))]
internal sealed partial class LogJson : JsonSerializerContext;
