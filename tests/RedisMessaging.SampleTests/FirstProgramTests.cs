using System.Text.Json.Nodes;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The program that README.md begins with.</summary>
public sealed class FirstProgramTests(ReadmeProgram readme) : IClassFixture<ReadmeProgram>
{
    [Fact]
    public async Task It_prints_what_the_page_says()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        await using var program = await StartAsync(server.ConnectionString, readme.Folder);

        await program.PrintsAsync(ReadmeProgram.Output.Split('\n')[^1]);
        program.Terminate();

        (await program.EndsWellAsync()).Should().Be(ReadmeProgram.Output);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var entry = (await redis.GetDatabase().StreamRangeAsync("shop:{orders}:stream")).Should().ContainSingle().Which;
        ((string?)entry["m"]).Should().EndWith("\n{\"orderId\":42,\"customer\":\"Ada\"}");
    }

    [Fact]
    public async Task Where_JSON_by_reflection_is_off_it_fails_at_start_and_names_the_fix()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(readme.Folder);
        var file = Path.Combine(copy.Path, "shop.runtimeconfig.json");
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        var options = settings["runtimeOptions"]!.AsObject();
        options.TryAdd("configProperties", new JsonObject());
        options["configProperties"]!["System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault"] = false;
        await File.WriteAllTextAsync(file, settings.ToJsonString());

        await using var program = await StartAsync(server.ConnectionString, copy.Path);

        var ending = () => program.EndsWellAsync();
        (await ending.Should().ThrowAsync<InvalidOperationException>()).Which.Message.Should()
            .Contain("Topic 'orders': the serializer can't carry 'OrderPlaced'. JSON by reflection is off").And.Contain("[JsonSerializable(typeof(OrderPlaced))]").And.Contain("UseJson(")
            .And.NotContain(ReadmeProgram.Output);
    }

    private static Task<SampleProgram> StartAsync(string connection, string folder) =>
        SampleProgram.StartAsync("shop", connection, environment: new Dictionary<string, string> { ["ConnectionStrings__redis"] = connection }, folder: folder);
}
