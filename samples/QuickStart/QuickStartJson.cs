using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuickStart;

/// <summary>How the messages are written, made at compile time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(Reading))]
internal sealed partial class QuickStartJson : JsonSerializerContext;
