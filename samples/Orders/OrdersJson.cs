using System.Text.Json.Serialization;

namespace Orders;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(OrderPlaced))]
internal sealed partial class OrdersJson : JsonSerializerContext;
