using System.Text.RegularExpressions;
using RedisMessaging.Serialization;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Architecture;

/// <summary>Which type of the library stands in which folder, by its source file.</summary>
internal static partial class SourceLayout
{
    private static readonly Dictionary<string, string> FolderByTypeName = Repository.SourceFiles("src", "RedisMessaging")
        .SelectMany(file => Declarations(file).Select(name => (Name: name, Folder: Path.GetRelativePath(Repository.Path("src", "RedisMessaging"), Path.GetDirectoryName(file)!).Replace('\\', '/'))))
        .DistinctBy(pair => pair.Name)
        .ToDictionary(pair => pair.Name, pair => pair.Folder);

    /// <summary>The library's own types, outermost ones only, without what source generators and the compiler made.</summary>
    public static IReadOnlyList<Type> Types { get; } = [.. typeof(IMessageBus).Assembly.GetTypes().Where(type => !type.IsNested && FolderOf(type) is not null)];

    public static string? FolderOf(Type type) => type.Assembly == typeof(IMessageBus).Assembly ? FolderByTypeName.GetValueOrDefault(type.Name) : null;

    /// <summary>The types declared at the top level of a file: <c>Settlement</c>, <c>MessageType`1</c>.</summary>
    public static IEnumerable<string> Declarations(string file) => Declaration().Matches(File.ReadAllText(file))
        .Select(match => match.Groups["generics"].Success ? $"{match.Groups["name"].Value}`{match.Groups["generics"].Value.Count(c => c == ',') + 1}" : match.Groups["name"].Value);

    [GeneratedRegex(@"^(?:(?:public|internal|file|sealed|static|abstract|readonly|partial|ref|unsafe) )+(?:record struct|record class|class|record|struct|interface|enum|delegate [\w<>\[\]?., ]+?) (?<name>\w+)(?:<(?<generics>(?:\[[^\]]*\]|[^>(\[])+)>)?(?=[\s(:;{]|$)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
