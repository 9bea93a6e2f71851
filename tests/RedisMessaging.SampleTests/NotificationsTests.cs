using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built Notifications sample: who is shown what, and what becomes of what was sent to somebody who is away.</summary>
public sealed class NotificationsTests
{
    private const string Channel = "notifications-sample:{notifications:ada}:stream";

    [Fact]
    public async Task The_story_loses_over_Pub_Sub_what_a_short_stream_keeps()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        // What was there before does not get into the story.
        await SampleProgram.RunAsync("Notifications", server.ConnectionString, ["send", "ada", "left over"]);
        var output = await SampleProgram.RunAsync("Notifications", server.ConnectionString);

        output.Should().NotContain("left over");
        var lines = output.Split('\n');
        lines.Select(Columns).Should().Contain(["ada, online 2 2 2", "ada, closed for 3 3 0 3", "ada, killed for 3 3 0 3", "ada, away for 8 8 0 5", "minji, online all the time 2 2 2"], output);
        output.Should().Contain("sent | ada | 회의가 15시로 옮겨졌습니다 | nobody is there: it is gone")
            .And.Contain("the stream is short: 3 older ones are gone that ada's phone had not shown");
        lines.Where(line => line.Contains("minji's screen:", StringComparison.Ordinal)).Should().HaveCount(4).And.OnlyContain(line => line.Contains("screen: minji | ", StringComparison.Ordinal));
        lines.Where(line => line.Contains("ada's screen:", StringComparison.Ordinal)).Should().OnlyContain(line => line.Contains("screen: ada | ", StringComparison.Ordinal));

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        (await redis.GetDatabase().StreamLengthAsync(Channel)).Should().Be(5, "however many were sent, the newest five are kept");
    }

    [Theory]
    [InlineData("Stream")]
    [InlineData("PubSub")]
    public async Task One_word_decides_whether_a_user_who_was_away_is_told(string transport)
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(SampleProgram.BuiltTo("Notifications"));
        var settings = Path.Combine(copy.Path, "appsettings.json");
        var original = await File.ReadAllTextAsync(settings);
        original.Should().Contain("\"Transport\": \"Stream\"");
        await File.WriteAllTextAsync(settings, original.Replace("\"Transport\": \"Stream\"", $"\"Transport\": \"{transport}\"", StringComparison.Ordinal));
        var keeps = transport == "Stream";

        // Two devices of Ada's, and another user.
        await using var minji = await StartUserAsync("minji");
        await using var laptop = await StartUserAsync("ada", "laptop");
        await using (var phone = await StartUserAsync("ada", "phone"))
        {
            await SendAsync("ada", "1");
            await SendAsync("minji", "택배가 도착했습니다");
            await Task.WhenAll(phone.PrintsAsync("ada | 1"), laptop.PrintsAsync("ada | 1"), minji.PrintsAsync("minji | 택배가 도착했습니다"));
            await IsSettledAsync();
            await phone.KillAsync();
        }

        // The phone is off, for longer than the stream is long; the laptop is there all the time.
        var sent = await SendAsync("ada", "2", "3", "4");
        sent.Should().Contain(keeps ? "kept as entry" : "received by 1").And.NotContain("older ones are gone");
        await laptop.PrintsAsync("ada | 4");
        await IsSettledAsync();
        sent = await SendAsync("ada", "5", "6", "7", "8");
        await laptop.PrintsAsync("ada | 8");
        if (keeps)
        {
            sent.Should().Contain("2 older ones are gone that ada's phone had not shown");
        }

        await using var back = await StartUserAsync("ada", "phone");
        if (keeps)
        {
            await back.PrintsAsync("ada | 8");
            await IsSettledAsync();
        }

        await SendAsync("ada", "9");
        await back.PrintsAsync("ada | 9");
        await laptop.PrintsAsync("ada | 9");
        (await EndAsync(back)).Should().Equal(keeps ? ["ada | 4", "ada | 5", "ada | 6", "ada | 7", "ada | 8", "ada | 9"] : ["ada | 9"]);
        (await EndAsync(laptop)).Should().Equal("ada | 1", "ada | 2", "ada | 3", "ada | 4", "ada | 5", "ada | 6", "ada | 7", "ada | 8", "ada | 9");
        (await EndAsync(minji)).Should().Equal("minji | 택배가 도착했습니다");

        async Task<SampleProgram> StartUserAsync(params string[] user)
        {
            var program = await SampleProgram.StartAsync("Notifications", server.ConnectionString, ["user", .. user], folder: copy.Path);
            await program.PrintsAsync("online");
            return program;
        }

        Task<string> SendAsync(string user, params string[] texts) => SampleProgram.RunAsync("Notifications", server.ConnectionString, ["send", user, .. texts], folder: copy.Path);

        // What was shown is acked a moment later.
        async Task IsSettledAsync()
        {
            if (keeps)
            {
                await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
                await Eventually.TrueAsync(NothingIsPendingAsync);

                async Task<bool> NothingIsPendingAsync() => (await redis.GetDatabase().StreamGroupInfoAsync(Channel)).All(group => group.PendingMessageCount == 0);
            }
        }
    }

    [Theory]
    [InlineData("'Queue' is no transport for notifications: PubSub or Stream.", "--transport", "Queue", "user", "ada")]
    [InlineData("Usage: Notifications", "send", "ada")]
    [InlineData("'notifications:a:b'", "send", "a:b", "?")]
    public async Task What_it_cannot_do_it_says(string told, params string[] arguments)
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var run = () => SampleProgram.RunAsync("Notifications", server.ConnectionString, arguments);

        (await run.Should().ThrowAsync<InvalidOperationException>()).Which.Message.Should().StartWith("Exit code 2").And.Contain(told);
    }

    private static string Columns(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What it was shown.</summary>
    private static async Task<IEnumerable<string>> EndAsync(SampleProgram program)
    {
        program.EndInput();
        return (await program.EndsWellAsync()).Split('\n').Where(line => line.Contains(" | ", StringComparison.Ordinal));
    }
}
