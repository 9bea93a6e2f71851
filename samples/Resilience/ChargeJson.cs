using System.Text.Json.Serialization;

namespace Resilience;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(Charge))]
internal sealed partial class ChargeJson : JsonSerializerContext;
