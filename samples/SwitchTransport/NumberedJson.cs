using System.Text.Json.Serialization;

namespace SwitchTransport;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(Numbered))]
internal sealed partial class NumberedJson : JsonSerializerContext;
