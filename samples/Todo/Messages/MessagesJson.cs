using System.Text.Json;
using System.Text.Json.Serialization;

namespace Todo.Messages;

/// <summary>How messages are written, on the stream and in the outbox; generated when this is compiled.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TodoUpdated))]
internal sealed partial class MessagesJson : JsonSerializerContext;
