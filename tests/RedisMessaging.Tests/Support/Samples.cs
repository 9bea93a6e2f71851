using System.Text.Json;
using System.Text.Json.Serialization;

namespace RedisMessaging.Tests.Support;

public sealed record OrderPlaced(int OrderId, string Customer);

public sealed record OrderShipped(int OrderId);

public sealed record SendEmail(string To, string Subject);

public sealed record PriceChanged(string Symbol, decimal Price);

/// <summary>A message type that no JSON context knows.</summary>
public sealed record Unregistered(int Number);

/// <summary>Written by a converter that uses the serializer for a message inside.</summary>
public sealed record Wrapped(OrderPlaced Inner);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(OrderPlaced))]
[JsonSerializable(typeof(OrderShipped))]
[JsonSerializable(typeof(SendEmail))]
[JsonSerializable(typeof(PriceChanged))]
[JsonSerializable(typeof(List<OrderPlaced>))]
internal sealed partial class SampleJson : JsonSerializerContext;
