using System.Text.Json.Serialization;
using RedisMessaging.Load.Scenarios;

namespace RedisMessaging.Load.Results;

[JsonSourceGenerationOptions(WriteIndented = true, IgnoreReadOnlyProperties = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TargetReport))]
[JsonSerializable(typeof(GrowthReport))]
[JsonSerializable(typeof(UsualReport))]
[JsonSerializable(typeof(Recorded[]))]
[JsonSerializable(typeof(Consumed))]
internal sealed partial class ResultsJson : JsonSerializerContext;
