using System.Text.Json;
using System.Text.Json.Serialization;

namespace RedisMessaging.Load.Messages;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LoadMessage))]
internal sealed partial class LoadJson : JsonSerializerContext;
