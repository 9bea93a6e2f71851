using System.Reflection;

namespace RedisMessaging.Tests.Architecture;

/// <summary>Texts that others wrote, and names of types, go through one place each.</summary>
public sealed class ForeignTextRules
{
    /// <summary>Those that ask a server's error what it means, and show it nowhere, and those that add to a text of the library's own.</summary>
    private static readonly string[] Classifying = ["RedisErrors", "StreamHistory", "StreamGroups", "StreamBacklog", "StreamEnd", "ConfiguredValues", "BusRegistration", "ConsumerDefinitions"];

    [Fact]
    public void The_text_of_an_exception_is_read_where_it_is_cut_and_guarded() => CallersOf(ReadsAnException).Should().BeSubsetOf(
        [.. Classifying, "BoundedText", "BoundedException"],
        "BoundedText.MessageOf and BoundedText.Of do it: an exception's members are foreign code, which may return megabytes, or throw")
        .And.Contain(["BoundedText", "BoundedException"], "the rule looks at calls");

    [Fact]
    public void The_name_of_a_type_is_read_where_it_is_written_as_code() => CallersOf(ReadsAName).Should().BeSubsetOf(
        ["TypeName", "WireName", "JsonTypeCheck", "JsonObjectCheck", "JsonSettings", "ClassParameter", "ApplicationName"],
        "TypeName.Of does it: List`1 is no name in C#")
        .And.Contain(["TypeName", "WireName"], "the rule looks at calls");

    private static IReadOnlyList<string> CallersOf(Func<MethodBase, bool> isMeant) => [.. SourceLayout.Types
        .Where(type => Instructions.CallsOf(type).Any(isMeant))
        .Select(type => type.Name.Split('`')[0])
        .Order(StringComparer.Ordinal)];

    private static bool ReadsAnException(MethodBase called) =>
        (typeof(Exception).IsAssignableFrom(called.DeclaringType) && called.Name is "get_Message" or "ToString" or "get_StackTrace") || Formats(called, typeof(Exception).IsAssignableFrom);

    private static bool ReadsAName(MethodBase called) =>
        (called.DeclaringType == typeof(MemberInfo) && called.Name == "get_Name")
        || (called.DeclaringType == typeof(Type) && called.Name is "get_FullName" or "ToString" or "get_AssemblyQualifiedName")
        || Formats(called, typeof(MemberInfo).IsAssignableFrom);

    /// <summary>Puts a value into an interpolated string.</summary>
    private static bool Formats(MethodBase called, Func<Type, bool> isMeant) =>
        called.Name == "AppendFormatted" && called.IsGenericMethod && isMeant(called.GetGenericArguments()[0]);
}
