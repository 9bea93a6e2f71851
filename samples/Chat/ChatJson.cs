using System.Text.Json.Serialization;

namespace Chat;

/// <summary>How messages are written in Redis, generated when this is compiled.</summary>
[JsonSerializable(typeof(ChatMessage))]
[JsonSerializable(typeof(PresenceAnnounced))]
internal sealed partial class ChatJson : JsonSerializerContext;
