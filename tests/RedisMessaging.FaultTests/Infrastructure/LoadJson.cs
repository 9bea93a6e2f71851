using System.Text.Json.Serialization;

namespace RedisMessaging.FaultTests;

[JsonSerializable(typeof(LoadMessage))]
internal sealed partial class LoadJson : JsonSerializerContext;
