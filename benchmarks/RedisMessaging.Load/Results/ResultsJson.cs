using System.Text.Json.Serialization;

namespace RedisMessaging.Load.Results;

[JsonSourceGenerationOptions(WriteIndented = true, IgnoreReadOnlyProperties = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TargetReport))]
internal sealed partial class ResultsJson : JsonSerializerContext;
