using System.Text.Json.Nodes;
using NJsonSchema;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.ConfigurationSchemas;

/// <summary>The schema with which editors complete and check appsettings.json.</summary>
public sealed class ConfigurationSchemaTests
{
    private static readonly string File = Repository.Path("src", "RedisMessaging", "ConfigurationSchema.json");

    public static TheoryData<string> Samples => [.. Directory.EnumerateFiles(Repository.Path("samples"), "appsettings*.json", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Repository.Path("samples"), file))];

    public static TheoryData<string> Good =>
    [
        """{ "Connection": "localhost", "KeyPrefix": "a:", "OnTransportChange": "Drain", "StartTimeout": "00:00:05", "StartWithoutRedis": true }""",
        """{ "Topics": { "orders": "Queue", "prices:*": { "Transport": "pubsub", "BufferCapacity": 5 } } }""",
        """{ "Topics": { "orders": { "Retention": "Forever" }, "others": { "Retention": { "MaxLength": 5, "MaxAge": null } }, "empty": {}, "none": null } }""",
        """{ "Topics": { "orders": { "Handlers": { "inventory": { "Concurrency": 16, "KeyOrder": "Strict", "Retry": { "Delay": "00:00:01", "Jitter": 0.5 } } } } } }""",
    ];

    public static TheoryData<string> Bad =>
    [
        """{ "KeyPrefx": "a:" }""",
        """{ "StartTimeout": 5 }""",
        """{ "StartTimeout": "5s" }""",
        """{ "Topics": { "orders": "Kafka" } }""",
        """{ "Topics": { "orders": { "Leese": "00:00:05" } } }""",
        """{ "Topics": { "orders": { "Retention": "For ever" } } }""",
        """{ "Topics": { "orders": { "Handlers": { "inventory": { "Concurency": 16 } } } } }""",
        """{ "Topics": { "orders": { "Handlers": { "inventory": { "Retry": { "MaxAttempts": "five" } } } } } }""",
        """{ "Topics": ["orders"] }""",
    ];

    [Fact]
    public void The_schema_is_what_the_configuration_is_read_with()
    {
        var written = SchemaWriter.Write();
        if (written != System.IO.File.ReadAllText(File).ReplaceLineEndings("\n"))
        {
            var received = Path.ChangeExtension(Repository.Path("artifacts", "ConfigurationSchema.json"), ".received.json");
            Directory.CreateDirectory(Path.GetDirectoryName(received)!);
            System.IO.File.WriteAllText(received, written);
            Assert.Fail($"The settings, or what is said of them, have changed. Accept the schema:\n    mv {received} {File}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public Task The_samples_are_valid(string sample) => ShouldBeAsync(true, System.IO.File.ReadAllText(Repository.Path("samples", sample)));

    [Fact]
    public async Task A_section_of_another_name_is_valid_as_a_bus()
    {
        var sample = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(Repository.Path("samples", "ModularMonolith", "appsettings.json")));
        await ShouldBeAsync(true, $$"""{ "RedisMessaging": {{sample!["Billing"]!["Messaging"]!.ToJsonString()}} }""");
    }

    [Theory]
    [MemberData(nameof(Good))]
    public async Task What_is_read_is_valid(string section)
    {
        await ShouldBeAsync(true, $$"""{ "RedisMessaging": {{section}}, "Logging": {} }""");
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task What_is_refused_is_not(string section)
    {
        await ShouldBeAsync(false, $$"""{ "RedisMessaging": {{section}} }""");
    }

    private static async Task ShouldBeAsync(bool valid, string json)
    {
        var schema = await JsonSchema.FromJsonAsync(await System.IO.File.ReadAllTextAsync(File));
        var errors = schema.Validate(json);
        (errors.Count == 0).Should().Be(valid, "{0}", string.Join("; ", errors));
    }
}
