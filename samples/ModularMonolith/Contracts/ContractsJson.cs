using System.Text.Json.Serialization;

namespace ModularMonolith.Contracts;

/// <summary>How the messages between modules are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(OrderPlaced))]
[JsonSerializable(typeof(OrderPaid))]
internal sealed partial class ContractsJson : JsonSerializerContext;
