using System.Text.Json;
using System.Text.Json.Serialization;

namespace RedisMessaging.Pipeline;

/// <summary>What needs no context of the user's.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(decimal))]
[JsonSerializable(typeof(Guid))]
[JsonSerializable(typeof(DateTimeOffset))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class PrimitivesJsonContext : JsonSerializerContext;
