using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Configuration.Buses;

/// <summary>A topic that several modules add is one topic, if all of them say the same of it.</summary>
internal static class TopicAgreement
{
    /// <param name="bus">The name of the bus.</param>
    /// <exception cref="RedisMessagingConfigurationException">They differ; the text names both calls and what they say.</exception>
    public static void Require(string? bus, TopicRegistration one, TopicRegistration other)
    {
        if (FindDifference(one, other) is var (ofOne, ofOther))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{one.Name}' of {BusName.Describe(bus)} is added twice, and not in the same way: "
                + $"{ofOne} by {one.Place}, and {ofOther} by {other.Place}. "
                + "Add it in one place, in the same way in both, or give one of the topics another name.");
        }
    }

    /// <summary>What the two say, where that is not the same.</summary>
    private static (string, string)? FindDifference(TopicRegistration one, TopicRegistration other)
    {
        if (one.Transport != other.Transport)
        {
            return ($"a {one.Transport}", $"a {other.Transport}");
        }

        if (!Carried(one.Options).SetEquals(Carried(other.Options)))
        {
            return DescribeTypes(one.Options.GetMessageTypes(), other.Options.GetMessageTypes());
        }

        var setting = TransportCatalog.Get(one.Transport).Settings
            .FirstOrDefault(setting => !Equals(setting.Get(one.Options), setting.Get(other.Options)));
        return setting is null ? null : (Describe(setting, one.Options), Describe(setting, other.Options));
    }

    private static HashSet<(Type, string)> Carried(TopicOptions options) =>
        [.. options.GetMessageTypes().Select(type => (type.Type, NamesOf(type)))];

    private static (string, string) DescribeTypes(IReadOnlyList<MessageType> one, IReadOnlyList<MessageType> other)
    {
        var all = one.Concat(other).Select(type => type.Type).Distinct().ToList();
        var differInNames = one.Select(type => type.Type).ToHashSet().SetEquals(other.Select(type => type.Type));
        return (Describe(one), Describe(other));

        string Describe(IReadOnlyList<MessageType> types) => $"carrying {string.Join(", ", types.Select(DescribeType))}";

        string DescribeType(MessageType type) => TypeName.Among(type.Type, all) + (differInNames ? $" as '{NamesOf(type)}'" : "");
    }

    private static string NamesOf(MessageType type) => string.Join("', '", type.Names);

    private static string Describe(Setting setting, TopicOptions options) => $"{setting.CodeName} '{setting.Get(options) ?? "null"}'";
}
