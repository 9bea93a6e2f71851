using System.Text.Json.Serialization;

namespace RedisMessaging.Benchmarks;

[JsonSerializable(typeof(LargeMessage))]
internal sealed partial class LargeJson : JsonSerializerContext;
