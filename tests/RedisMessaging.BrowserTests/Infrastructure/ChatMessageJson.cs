using System.Text.Json.Serialization;

namespace RedisMessaging.BrowserTests.Infrastructure;

[JsonSerializable(typeof(ChatMessage))]
internal sealed partial class ChatMessageJson : JsonSerializerContext;
