using RedisMessaging.SampleTests.Infrastructure;

namespace RedisMessaging.SampleTests;

/// <summary>The built News sample: two programs, and one word of configuration between gone and kept.</summary>
public sealed class NewsTests
{
    [Fact]
    public async Task What_nobody_listens_to_is_gone_over_Pub_Sub_and_kept_on_a_stream()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var copy = new TemporaryFolder();
        copy.CopyFrom(SampleProgram.BuiltTo("News"));
        var settings = Path.Combine(copy.Path, "appsettings.json");
        var original = await File.ReadAllTextAsync(settings);

        var output = await RunAsync();
        output.Should().Contain("published | news:sport | 손흥민, 결승골을 넣다 | received by 2").And.Contain("published | news:weather | 서울 첫눈, 예년보다 이틀 일러 | received by 1");
        output.Should().Contain("sport desk | news:sport | 손흥민, 결승골을 넣다").And.Contain("everything | news:sport | 손흥민, 결승골을 넣다").And.Contain("everything | news:culture");
        output.Should().NotContain("sport desk | news:culture");
        output.Should().Contain("published | news:sport | 연장 끝에 승부차기 | received by 0: nobody listened, it is gone");
        output.Should().Contain("arrived: 4 of 4 while it listened, 0 of 4 that were published while nobody did");

        original.Should().Contain("\"Transport\": \"PubSub\"");
        await File.WriteAllTextAsync(settings, original.Replace("\"Transport\": \"PubSub\"", "\"Transport\": \"Stream\"", StringComparison.Ordinal));
        output = await RunAsync();
        output.Should().Contain("kept as entry").And.NotContain("gone,");
        output.Should().Contain("sport desk | news:sport | 연장 끝에 승부차기").And.Contain("everything | news:sport | 연장 끝에 승부차기");
        output.Should().Contain("arrived: 4 of 4 while it listened, 4 of 4 that were published while nobody did");

        Task<string> RunAsync() => SampleProgram.RunAsync("News", server.ConnectionString, folder: copy.Path);
    }
}
