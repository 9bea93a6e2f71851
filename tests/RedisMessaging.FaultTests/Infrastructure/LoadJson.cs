using System.Text.Json.Serialization;

namespace RedisMessaging.FaultTests;

[JsonSerializable(typeof(LoadMessage))]
[JsonSerializable(typeof(ConsumerProcessOptions))]
internal sealed partial class LoadJson : JsonSerializerContext;
