using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat;

/// <summary>How the hub and the page write to each other.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(ServerState))]
[JsonSerializable(typeof(HistoryPage))]
[JsonSerializable(typeof(SayResult))]
internal sealed partial class HubJson : JsonSerializerContext;
