using System.Text.Json.Serialization;

namespace News;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(NewsItem))]
internal sealed partial class NewsJson : JsonSerializerContext;
