using System.Text.Json.Serialization;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Knows a base class, but not what derives from it.</summary>
[JsonSerializable(typeof(PublishedTypesTests.Happening))]
internal sealed partial class EventJson : JsonSerializerContext;
