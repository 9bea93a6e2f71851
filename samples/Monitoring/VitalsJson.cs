using System.Text.Json.Serialization;

namespace Monitoring;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(Vitals))]
internal sealed partial class VitalsJson : JsonSerializerContext;
