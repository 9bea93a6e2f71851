using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.ConfigurationSchemas;

/// <summary>Writes the JSON schema of appsettings from the tables that the configuration is read with.</summary>
internal static class SchemaWriter
{
    /// <summary>As <see cref="DurationType"/> reads it: days are written before a point, and hours end at 23.</summary>
    private const string Duration = @"^\s*-?(\d+\.)?([01]?\d|2[0-3]):[0-5]?\d(:[0-5]?\d(\.\d{1,7})?)?\s*$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write()
    {
        var bus = Section(BusSettings.All, Summaries.OfType(typeof(RedisMessagingOptions)));
        var properties = (JsonObject)bus["properties"]!;
        properties.Add(BusSettings.Connection, Described(new JsonObject { ["type"] = "string" }, "A connection string, a redis:// URL, or a name in ConnectionStrings."));
        properties.Add(BusSettings.Topics, Described(new JsonObject { ["type"] = "object", ["additionalProperties"] = Topic() }, "The topics, by the names that code registers them with."));
        var root = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["type"] = "object",
            ["properties"] = new JsonObject { ["RedisMessaging"] = Described(bus, "What AddRedisMessaging reads.") },
        };
        return root.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject Topic()
    {
        var settings = TransportCatalog.All.SelectMany(factory => factory.Settings).DistinctBy(setting => setting.Name, StringComparer.OrdinalIgnoreCase).ToList();
        var summaries = new[] { typeof(StreamOptions), typeof(QueueOptions), typeof(PubSubOptions) }
            .SelectMany(Summaries.OfType).DistinctBy(summary => summary.Key).ToDictionary();
        var topic = Section(settings.Where(setting => setting.Name.Split(':')[0] != nameof(StreamOptions.Retention)), summaries);
        var properties = (JsonObject)topic["properties"]!;
        properties.Insert(0, TopicSettings.Transport, Described(Words<TransportKind>(), "The transport; as code has it without."));
        properties.Add(nameof(StreamOptions.Retention), Retention(settings, summaries));
        var handlers = Section(HandlerSettings.All.Concat(HandlerSettings.OfBatches), HandlerSummaries());
        properties.Add(HandlerSettings.Section, Described(new JsonObject { ["type"] = "object", ["additionalProperties"] = Nullable(handlers) }, "The handlers, by their groups."));
        return new JsonObject { ["anyOf"] = new JsonArray(Words<TransportKind>(), Nullable(topic)) };
    }

    private static JsonObject Retention(IEnumerable<Setting> settings, Dictionary<string, string> summaries)
    {
        const string start = nameof(StreamOptions.Retention) + ":";
        var parts = settings.Where(setting => setting.Name.StartsWith(start, StringComparison.Ordinal)).ToList();
        var section = Section(parts, Summaries.OfType(typeof(Retention)), start.Length);
        var word = new JsonObject { ["type"] = "string", ["pattern"] = "^[Ff]orever$" };
        return Described(new JsonObject { ["anyOf"] = new JsonArray(word, section) }, summaries[nameof(StreamOptions.Retention)]);
    }

    private static Dictionary<string, string> HandlerSummaries()
    {
        var summaries = Summaries.OfType(typeof(BatchHandlerOptions)).ToDictionary();
        foreach (var (name, text) in Summaries.OfType(typeof(RetryOptions)))
        {
            summaries["Retry:" + name] = text;
        }

        summaries["RateLimit:Messages"] = "How many messages in Per, and how many at once after a while without any. At least 1.";
        summaries["RateLimit:Per"] = "In how much time. More than zero, at most one day.";
        summaries[HandlerSettings.Paused] = "Whether the consumer is paused. Default false.";
        return summaries;
    }

    private static JsonObject Section(IEnumerable<Setting> settings, IReadOnlyDictionary<string, string> summaries, int skip = 0)
    {
        var properties = new JsonObject();
        foreach (var setting in settings)
        {
            var path = setting.Name[skip..].Split(':');
            var holder = path.Length == 1 ? properties : (JsonObject)Holder(properties, path[0], summaries)["properties"]!;
            holder.Add(path[^1], Described(ValueOf(setting.GetType().GenericTypeArguments[1]), summaries.GetValueOrDefault(setting.Name[skip..])));
        }

        return Closed(properties);
    }

    private static JsonObject Holder(JsonObject properties, string name, IReadOnlyDictionary<string, string> summaries)
    {
        if (properties[name] is not JsonObject holder)
        {
            properties.Add(name, holder = Described(Closed([]), summaries.GetValueOrDefault(name)));
        }

        return holder;
    }

    private static JsonObject Closed(JsonObject properties) => new() { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };

    private static JsonObject ValueOf(Type type)
    {
        if (System.Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Nullable(ValueOf(inner));
        }

        return type switch
        {
            _ when type == typeof(bool) => new() { ["type"] = new JsonArray("boolean", "string"), ["pattern"] = "^([Tt]rue|[Ff]alse)$" },
            _ when type == typeof(int) || type == typeof(long) => new() { ["type"] = new JsonArray("integer", "string"), ["pattern"] = @"^\s*-?\d+\s*$" },
            _ when type == typeof(double) => new() { ["type"] = new JsonArray("number", "string"), ["pattern"] = @"^\s*-?\d*\.?\d+\s*$" },
            _ when type == typeof(TimeSpan) => new() { ["type"] = "string", ["pattern"] = Duration },
            _ when type.IsEnum => WordsOf(type),
            // Text may be none wherever there is a default.
            _ => new() { ["type"] = new JsonArray("string", "null") },
        };
    }

    private static JsonObject Words<T>()
        where T : struct, Enum => WordsOf(typeof(T));

    /// <summary>The words complete; other cases are read as well.</summary>
    private static JsonObject WordsOf(Type type) => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)name)]) },
            new JsonObject { ["type"] = "string", ["pattern"] = $"^({string.Join('|', Enum.GetNames(type).Select(AnyCase))})$" }),
    };

    private static string AnyCase(string word) => string.Concat(word.Select(c => $"[{char.ToUpperInvariant(c)}{char.ToLowerInvariant(c)}]"));

    private static JsonObject Nullable(JsonObject schema) => new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };

    private static JsonObject Described(JsonObject schema, string? text)
    {
        if (text is not null)
        {
            schema.Insert(0, "description", text);
        }

        return schema;
    }
}
