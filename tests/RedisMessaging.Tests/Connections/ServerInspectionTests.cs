using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.ServerChecks;

namespace RedisMessaging.Tests.Connections;

/// <summary>What can't be tried on a server of this machine.</summary>
public sealed class ServerInspectionTests
{
    private static readonly Dictionary<string, string> NoConfig = [];

    [Theory]
    [InlineData("6.2.14")]
    [InlineData("5.0.7")]
    public void A_server_that_is_too_old_is_told(string version)
    {
        var finding = Look(ServerFacts.Read($"# Server\r\nredis_version:{version}\r\n", NoConfig)).Should().ContainSingle().Subject;

        finding.Text.Should().Contain(version).And.Contain("7.0").And.Contain("Upgrade");
        finding.MayBeWarning.Should().BeFalse();
    }

    [Theory]
    [InlineData("7.0.0")]
    [InlineData("7.2.4")]
    [InlineData("8.2.1")]
    public void Newer_servers_are_fine(string version) => Look(ServerFacts.Read($"redis_version:{version}\r\nrole:master\r\n", NoConfig)).Should().BeEmpty();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("redis_version:unstable\r\nrole\r\n:x\r\n")]
    public void What_a_server_does_not_tell_is_not_held_against_it(string? info) => Look(ServerFacts.Read(info, NoConfig)).Should().BeEmpty();

    [Fact]
    public void Garnet_is_refused_by_name() =>
        Look(ServerFacts.Read("redis_version:7.4.3\r\ngarnet_version:2.2.8\r\nserver_name:garnet\r\n", NoConfig) with { ScriptError = "ERR This instance has Lua scripting support disabled" })
            .Should().ContainSingle().Which.Text.Should().Contain("Garnet 2.2.8").And.Contain("Valkey 7.2");

    [Fact]
    public void A_server_that_does_not_run_scripts_with_flags_is_refused_with_what_it_said() =>
        Look(new ServerFacts { ScriptError = "Compilation error: unexpected symbol near '#'" }).Should().ContainSingle().Which.Text.Should().Contain("near '#'").And.Contain("Redis 7.0");

    [Theory]
    [InlineData("16", 15, null)]
    [InlineData("16", 16, "databases 0 to 15")]
    [InlineData(null, 1, "database 0 only")]
    [InlineData("1", 1, "database 0 only")]
    public void A_cluster_has_the_databases_that_it_says(string? databases, int asked, string? refusal)
    {
        var config = databases is null ? NoConfig : new Dictionary<string, string> { ["cluster-databases"] = databases };
        var findings = ServerInspection.Look(ServerFacts.Read("cluster_enabled:1\r\n", config), new ServerExpectations { Database = asked }).Select(finding => finding.Text).ToList();
        if (refusal is null)
        {
            findings.Should().BeEmpty();
        }
        else
        {
            findings.Should().ContainSingle().Which.Should().Contain(refusal);
        }
    }

    [Fact]
    public void The_eviction_policy_is_taken_from_CONFIG_where_INFO_is_denied() =>
        Look(ServerFacts.Read(null, new Dictionary<string, string> { ["maxmemory-policy"] = "allkeys-lfu" })).Should().ContainSingle().Which.Text.Should().Contain("allkeys-lfu");

    [Theory]
    [InlineData("NOPERM this user has no permissions to run the 'xgroup|create' command", "ACL SETUSER worker +xgroup|create")]
    [InlineData("NOPERM User worker has no permissions to run the 'lpush' command", "ACL SETUSER worker +lpush")]
    [InlineData("NOPERM this user has no permissions to access one of the keys used as arguments", "ACL SETUSER worker ~shop:*")]
    [InlineData("NOPERM No permissions to access a key", "ACL SETUSER worker ~shop:*")]
    [InlineData("NOPERM No permissions to access a channel", "ACL SETUSER worker &shop:prices")]
    [InlineData("ERR The user executing the script can't run this command or subcommand script: 897a, on @user_script:1.", "ACL SETUSER worker … (commands as +name, keys as ~pattern, channels as &pattern)")]
    public void A_refusal_is_answered_with_the_rule_to_add(string refusal, string rule) =>
        AclAdvice.For(refusal, "worker", "shop:*", "shop:prices").Should().Be("Add the right: " + rule);

    private static IEnumerable<ServerFinding> Look(ServerFacts facts) => ServerInspection.Look(facts, new ServerExpectations { DurableTopics = ["orders"], MaxMessageBytes = 1 });
}
