using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RedisMessaging.Tests.ConfigurationSchemas;

/// <summary>The summaries of options in the package's XML documentation, as plain text.</summary>
internal static partial class Summaries
{
    private static readonly Lazy<Dictionary<string, XElement>> Members = new(() => XDocument.Load(Path.ChangeExtension(typeof(IMessageBus).Assembly.Location, ".xml"))
        .Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!));

    /// <summary>By the names of the properties, inherited ones too.</summary>
    public static IReadOnlyDictionary<string, string> OfType(Type type) => type.GetProperties()
        .Select(property => (property.Name, Summary: Members.Value.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}")))
        .Where(pair => pair.Summary is not null)
        .ToDictionary(pair => pair.Name, pair => Plain(pair.Summary!));

    private static string Plain(XElement summary) => Blanks().Replace(string.Concat(summary.Nodes().Select(Plain)), " ").Trim();

    private static string Plain(XNode node) => node switch
    {
        XText text => text.Value,
        XElement element when element.Attribute("cref") is { } cref => element.Value.Length > 0 ? element.Value : NameIn(cref.Value),
        XElement element when element.Attribute("langword") is { } word => word.Value,
        XElement element => string.Concat(element.Nodes().Select(Plain)),
        _ => "",
    };

    private static string NameIn(string cref)
    {
        var name = cref.Split('(')[0];
        return name[(name.LastIndexOf('.') + 1)..].Split('`')[0];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
