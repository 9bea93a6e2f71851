using System.Text.Json.Serialization;

namespace RedisMessaging.ContractTests;

[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Alarm))]
[JsonSerializable(typeof(Payment))]
internal sealed partial class ContractJson : JsonSerializerContext;
