using RedisMessaging.Redis.Scripting;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Architecture;

/// <summary>Redis rolls no script back: in each of them what can be refused comes before what removes something, so that a refusal loses nothing.</summary>
public sealed class ScriptOrderTests
{
    private const string Exemption = "-- removes first because ";

    public static TheoryData<string> Scripts => [.. ScriptFiles().Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_puts_before_it_removes(string name)
    {
        var script = EmbeddedScript.Source(name);
        var late = LuaOrder.Check(script, Modules(), out _);

        if (script.Split('\n').FirstOrDefault(line => line.TrimStart().StartsWith(Exemption, StringComparison.Ordinal)) is { } reason)
        {
            late.Should().NotBeEmpty("an exemption that is not needed hides the next mistake");
            reason.Trim().Length.Should().BeGreaterThan(Exemption.Length + 20, "it says why");
        }
        else
        {
            late.Should().BeEmpty($"where that can't be, the script says so in a line that begins with '{Exemption}'");
        }
    }

    [Fact]
    public void Dead_letters_are_written_and_ids_are_compared_in_one_place()
    {
        // Copies drift: one took the client's clock, another compared 64 bits as a number of Lua's, which holds 53.
        Containing("'reason'").Should().Equal("dead-letter.lua");
        Containing("(%d+)%-(%d+)").Should().Equal("ids.lua");
        Containing("rm[~!]").Should().Equal("attempt-prefix.lua");
        Containing("'TIME'").Should().Equal("time.lua");
        Containing("#info, 2").Should().BeEmpty("xinfo.lua reads XINFO");
        Repository.SourceFiles("src", "RedisMessaging").Where(file => File.ReadAllText(file).Contains("(\"reason\"", StringComparison.Ordinal)).Should().BeEmpty("scripts write dead letters, by the server's clock");

        static IEnumerable<string> Containing(string text) => ScriptFiles().Where(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal)).Select(file => Path.GetFileName(file)!);
    }

    [Fact]
    public void No_script_stands_where_this_test_does_not_see_it() =>
        ScriptFiles().Select(Path.GetFileName).Should().BeEquivalentTo(
            typeof(IMessageBus).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".lua", StringComparison.Ordinal)));

    [Fact]
    public void No_script_is_written_in_CSharp()
    {
        var files = Repository.SourceFiles("src", "RedisMessaging").Where(file => File.ReadAllText(file).Contains("redis.call", StringComparison.Ordinal));
        files.Should().BeEmpty("scripts are .lua files");
    }

    [Theory]
    [InlineData("redis.call('ZREM', a, b) redis.call('XADD', c, '*', 'm', d)", "XADD")]
    [InlineData("for _, x in ipairs(all) do redis.call('HDEL', a, x) redis.call('LPUSH', b, x) end", "LPUSH")]
    [InlineData("local function put_it() redis.call('XADD', a) end\nif redis.call('XDEL', a, b) == 0 then return 0 end\nput_it()", "put_it")]
    [InlineData("local function move(put) redis.call('ZREM', a, b) put(c) end", "put")]
    [InlineData("if x then redis.call('DEL', a) else y = 1 end redis.pcall('SET', a, b)", "SET")]
    [InlineData("local taken = redis.call('RPOP', a, 5) redis.call(side, b, taken)", "redis.call")]
    [InlineData("redis.call('XGROUP', 'DESTROY', a, b) redis.call('XGROUP', 'CREATE', a, b)", "XGROUP|CREATE")]
    [InlineData("redis.call('XACK', a, b, c) local why = refused(redis.call, 'ZADD', a)", "ZADD")]
    [InlineData("local verdicts = { dead = function(entry) redis.call('XACK', a) redis.call('XADD', b) end }", "XADD")]
    [InlineData("redis.call('XADD', a) if redis.call('ZRANGE', b, 0, 0)[1] == c then d = 1 end redis.call('HDEL', a, b)", "ZRANGE")]
    [InlineData("local function move(put) redis.call('ZREM', a, b) local done, why = pcall(put, c) end", "put")]
    public void It_sees_what_removes_first(string script, string late) => LuaOrder.Check(script, [], out _).Should().Equal(late);

    [Theory]
    [InlineData("redis.call('XADD', c, '*', 'm', d) redis.call('ZREM', a, b)")]
    [InlineData("if x then redis.call('LTRIM', a, 0, 1) return 1 end redis.call('HSET', b, c, d)")]
    [InlineData("if x then redis.call('DEL', a) elseif y then redis.call('SET', a, b) end")]
    [InlineData("for _, x in ipairs(all) do redis.call('LPUSH', b, x) redis.call('HDEL', a, x) end")]
    [InlineData("-- redis.call('ZREM')\nredis.call('XADD', a, \"redis.call('ZREM')\")")]
    [InlineData("redis.call('XADD', a) redis.pcall('ZRANGE', b, 0, 0) redis.call('HDEL', a, b)")]
    public void It_leaves_the_others_alone(string script) => LuaOrder.Check(script, [], out _).Should().BeEmpty();

    private static IEnumerable<string> ScriptFiles() => Directory.EnumerateFiles(Repository.Path("src", "RedisMessaging"), "*.lua", SearchOption.AllDirectories)
        .Where(file => !file.Split('/', '\\').Any(part => part is "bin" or "obj"));

    /// <summary>The functions of all modules (lib/*.lua), each read behind those that it requires.</summary>
    private static Dictionary<string, (bool Puts, bool Removes)> Modules()
    {
        var functions = new Dictionary<string, (bool Puts, bool Removes)>();
        foreach (var name in ModuleNames().SelectMany(name => EmbeddedScript.ModulesOf(name).Append(name)).Distinct())
        {
            LuaOrder.Check(EmbeddedScript.Source(name), functions, out functions);
        }

        return functions;
    }

    private static IEnumerable<string> ModuleNames() => ScriptFiles()
        .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == "lib")
        .Select(file => Path.GetFileNameWithoutExtension(file)!);
}
