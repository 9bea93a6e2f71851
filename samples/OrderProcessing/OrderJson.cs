using System.Text.Json.Serialization;

namespace OrderProcessing;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJson : JsonSerializerContext;
