using System.Text.Json.Serialization;

namespace ModularMonolith.Billing;

/// <summary>How this module's own messages are written.</summary>
[JsonSerializable(typeof(ChargeCard))]
internal sealed partial class BillingJson : JsonSerializerContext;
