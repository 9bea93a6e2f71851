using System.Reflection;
using System.Text.RegularExpressions;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Streams;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Architecture;

/// <summary>The typed methods that call scripts take what the scripts' headers declare, by name and in that order.</summary>
public sealed partial class ScriptCallTests
{
    /// <summary>Scripts whose arguments a driver builds (SendScript, BatchScript); their keys have a typed method where they have keys.</summary>
    private static readonly string[] Driven = ["queue-send", "stream-send", "stream-append", "pubsub-publish"];

    public static TheoryData<string> Scripts => [.. ScriptNames()];

    public static TheoryData<string> Modules => [.. ModuleNames()];

    public static TheoryData<string> Calls => [.. CallMethods().Select(NameOf)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Every_script_has_a_typed_call(string script)
    {
        var calls = CallMethods().Where(method => ScriptOf(method) == script).ToList();
        var hasArguments = calls.Exists(method => method.ReturnType == typeof(ScriptCall));
        hasArguments.Should().Be(!Driven.Contains(script));
        if (ScriptHeader.Of(script).Keys.Count > 0)
        {
            calls.Should().NotBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_gives_a_script_what_its_header_declares(string call)
    {
        var method = CallMethods().Single(other => NameOf(other) == call);
        var header = ScriptHeader.Of(ScriptOf(method));
        var parameters = method.GetParameters().Where(parameter => parameter.ParameterType != typeof(EntryFormat)).ToList();
        var takesKeys = parameters is [{ Name: "keys", ParameterType: var first }, ..] && first == typeof(RedisKey[]);
        var isKeys = method.ReturnType == typeof(RedisKey[]);
        var arguments = isKeys ? [] : header.Arguments;
        string[] keys = takesKeys ? ["keys"] : [.. header.Keys.Select(Plain)];
        parameters.Select(parameter => parameter.Name).Should().Equal([.. keys, .. arguments.Select(Plain)]);
        if (takesKeys)
        {
            CallMethods().Should().Contain(other => ScriptOf(other) == ScriptOf(method) && other.ReturnType == typeof(RedisKey[]));
        }

        foreach (var withOptional in new[] { true, false })
        {
            var result = method.Invoke(null, [.. method.GetParameters().Select(parameter => Sample(parameter, withOptional))]);
            var given = isKeys ? (RedisKey[])result! : ((ScriptCall)result!).Keys;
            given.Select(key => (string)key!).Should().Equal(takesKeys ? ["keys"] : [.. header.Keys.Where(key => withOptional || !key.EndsWith('?')).Select(Plain)]);
            if (!isKeys)
            {
                ((ScriptCall)result!).Arguments.Select(value => (string)value!).Should().Equal(arguments.Select(Plain));
                ((ScriptCall)result).Script.Should().Be(EmbeddedScript.Load(ScriptOf(method)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_uses_no_key_or_argument_that_it_does_not_declare(string script)
    {
        var header = ScriptHeader.Of(script);
        header.HighestIndexOf("KEYS").Should().BeLessThanOrEqualTo(Most(header.Keys));
        header.HighestIndexOf("ARGV").Should().BeLessThanOrEqualTo(Most(header.Arguments));
        foreach (var module in EmbeddedScript.ModulesOf(script).Select(ScriptHeader.Of))
        {
            module.HighestIndexOf("KEYS").Should().BeLessThanOrEqualTo(Most(module.Keys));
            module.HighestIndexOf("ARGV").Should().BeLessThanOrEqualTo(Most(module.Arguments));
            (module.Keys.Count == 0 || module.Keys.SequenceEqual(header.Keys)).Should().BeTrue("a module that uses the script's keys declares them as the script does");
            (module.Arguments.Count == 0 || module.Arguments.SequenceEqual(header.Arguments)).Should().BeTrue("so it does with the arguments");
        }

        static int Most(IReadOnlyList<string> declared) => declared.Any(name => name.StartsWith("...", StringComparison.Ordinal)) ? int.MaxValue : declared.Count;
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    [MemberData(nameof(Modules))]
    public void A_script_requires_the_modules_whose_names_it_uses_and_no_others(string script)
    {
        var header = ScriptHeader.Of(script);
        var available = EmbeddedScript.ModulesOf(script);
        var words = Word().Matches(header.Body).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var calls = Called().Matches(header.Body).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var own = FunctionsIn(header.Body);
        foreach (var module in ModuleNames().Where(module => module != script))
        {
            if (!available.Contains(module) && module != EmbeddedScript.EntryRaw)
            {
                FunctionsIn(ScriptHeader.Of(module).Body).Except(own).Where(calls.Contains).Should().BeEmpty($"{script} does not require {module}");
            }
        }

        foreach (var required in header.Requires.Select(name => name == EmbeddedScript.Entry ? EmbeddedScript.EntryEnvelope : name))
        {
            var body = ScriptHeader.Of(required).Body;
            FunctionsIn(body).Concat(LocalsIn(body)).Should().Contain(name => words.Contains(name), $"{script} requires {required}");
        }
    }

    private static object Sample(ParameterInfo parameter, bool withOptional) => parameter.ParameterType switch
    {
        var type when type == typeof(RedisKey) => (RedisKey)parameter.Name,
        var type when type == typeof(RedisKey?) => withOptional ? (object)(RedisKey)parameter.Name : null!,
        var type when type == typeof(RedisKey[]) => new RedisKey[] { parameter.Name },
        var type when type == typeof(RedisValue) => (RedisValue)parameter.Name,
        var type when type == typeof(VariadicArguments) => (VariadicArguments)new RedisValue[] { parameter.Name },
        _ => EntryFormat.Of(new StreamOptions()),
    };

    private static string Plain(string name) => name.TrimStart('.').TrimEnd('?');

    private static string NameOf(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";

    private static string ScriptOf(MethodInfo method) => method.GetCustomAttribute<LuaScriptAttribute>()!.Name;

    private static IEnumerable<MethodInfo> CallMethods() => typeof(IMessageBus).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
        .Where(method => method.IsDefined(typeof(LuaScriptAttribute)));

    private static List<string> FunctionsIn(string body) => [.. TopLevelFunction().Matches(body).Select(match => match.Groups["name"].Value)];

    private static List<string> LocalsIn(string body) => [.. TopLevelLocal().Matches(body).Select(match => match.Groups["name"].Value)];

    private static IEnumerable<string> ScriptNames() => Files().Where(file => !IsModule(file)).Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    private static IEnumerable<string> ModuleNames() => Files().Where(IsModule).Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    private static bool IsModule(string file) => Path.GetFileName(Path.GetDirectoryName(file)) == "lib";

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(Repository.Path("src", "RedisMessaging"), "*.lua", SearchOption.AllDirectories)
        .Where(file => !file.Split('/', '\\').Any(part => part is "bin" or "obj"));

    [GeneratedRegex(@"^local function (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevelFunction();

    [GeneratedRegex(@"^local (?<name>\w+) = ", RegexOptions.Multiline)]
    private static partial Regex TopLevelLocal();

    [GeneratedRegex(@"(?<![.\w])(?<name>\w+)\(|\brefused\((?<name>\w+),")]
    private static partial Regex Called();

    [GeneratedRegex(@"\b\w+\b")]
    private static partial Regex Word();
}
