using System.Net;
using System.Net.WebSockets;
using RedisMessaging.SampleTests.Infrastructure;

namespace RedisMessaging.SampleTests;

/// <summary>The built Chat sample as its pages use it, without a browser: two servers side by side.</summary>
public sealed class ChatTests(ChatServers servers) : IClassFixture<ChatServers>
{
    [Fact]
    public async Task People_on_two_servers_talk_and_a_newcomer_reads_what_was_said()
    {
        await using var seoyeon = new ChatVisitor("서연", "1");
        await using var ada = new ChatVisitor("Ada", "1");
        await using var elsewhere = new ChatVisitor("민준", "2");
        await seoyeon.ArriveAsync(servers.First);
        await ada.ArriveAsync(servers.Second);
        await elsewhere.ArriveAsync(servers.Second);

        (await seoyeon.SayAsync("안녕하세요, 여러분! 👋")).Should().BeTrue();
        await ada.ShowsAsync("서연: 안녕하세요, 여러분! 👋");
        // A page that never got its answer says it again, here by way of both servers.
        (await ada.SayAsync("Hello <b>서울</b>", "one-id")).Should().BeTrue();
        (await seoyeon.SayAsync("Hello <b>서울</b>", "one-id")).Should().BeTrue();
        (await seoyeon.SayAsync("또 만나요")).Should().BeTrue();

        string[] said = ["서연: 안녕하세요, 여러분! 👋", "Ada: Hello <b>서울</b>", "서연: 또 만나요"];
        await seoyeon.ShowsAsync(said);
        await ada.ShowsAsync(said);
        await using var newcomer = new ChatVisitor("지우", "1");
        await newcomer.ArriveAsync(servers.First);
        await newcomer.ShowsAsync(said);
        elsewhere.Shown.Should().BeEmpty("another room is another stream");

        await ada.SeesOnlineAsync("서연", "Ada", "지우");
        await seoyeon.SeesOnlineAsync("서연", "Ada", "지우");
        await ada.LeaveAsync();
        await seoyeon.SeesOnlineAsync("서연", "지우");
        await elsewhere.SeesOnlineAsync("민준");
    }

    [Fact]
    public async Task A_server_that_is_killed_loses_nothing_and_doubles_nothing_for_its_people()
    {
        await using var seoyeon = new ChatVisitor("서연", "3");
        await using var ada = new ChatVisitor("Ada", "3");
        await seoyeon.ArriveAsync(servers.First);
        await ada.ArriveAsync(servers.Second);
        await ada.SayAsync("first");
        await seoyeon.ShowsAsync("Ada: first");
        await ada.SeesOnlineAsync("서연", "Ada");

        await servers.KillFirstAsync();
        // More than a page of history.
        var meanwhile = Enumerable.Range(1, 120).Select(number => $"그 사이에 {number}").ToArray();
        foreach (var text in meanwhile)
        {
            await ada.SayAsync(text);
        }

        // Nobody has said that she is gone: her server is silent.
        await ada.SeesOnlineAsync("Ada");
        await servers.StartFirstAsync();
        await seoyeon.ArriveAsync(servers.First);
        await ada.SayAsync("last");

        await seoyeon.ShowsAsync(["Ada: first", .. meanwhile.Select(text => $"Ada: {text}"), "Ada: last"]);
        await ada.SeesOnlineAsync("서연", "Ada");
        // Positions are the stream's, so any server will do.
        await seoyeon.ArriveAsync(servers.Second);
        await ada.SayAsync("and once more");
        await seoyeon.ShowsAsync(["Ada: first", .. meanwhile.Select(text => $"Ada: {text}"), "Ada: last", "Ada: and once more"]);
    }

    [Fact]
    public async Task Pages_of_the_configured_origins_may_talk_to_a_server_and_no_others()
    {
        using var http = new HttpClient();

        (await AllowedAsync(servers.First)).Should().Be(servers.First, "the first server's page may ask the second server");
        (await AllowedAsync("http://evil.example")).Should().BeNull();
        // Browsers do not ask before they open a WebSocket, so the server looks by itself.
        await using (await HubClient.ConnectAsync($"{servers.Second}/hub", servers.First))
        await using (await HubClient.ConnectAsync($"{servers.Second}/hub", servers.Second))
        {
        }

        var refused = async () => await HubClient.ConnectAsync($"{servers.Second}/hub", "http://evil.example");
        (await refused.Should().ThrowAsync<WebSocketException>()).WithMessage("*403*");

        var page = await http.GetAsync(new Uri(servers.First));
        page.StatusCode.Should().Be(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync()).Should().Contain("<title>Chat</title>");
        page.Headers.GetValues("Content-Security-Policy").Single().Should().Contain("script-src 'self';").And.Contain(servers.Second);

        async Task<string?> AllowedAsync(string origin)
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, $"{servers.Second}/hub/negotiate?negotiateVersion=1");
            preflight.Headers.Add("Origin", origin);
            preflight.Headers.Add("Access-Control-Request-Method", "POST");
            preflight.Headers.Add("Access-Control-Request-Headers", "x-requested-with,x-signalr-user-agent");
            using var answer = await http.SendAsync(preflight);
            return answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;
        }
    }

    [Fact]
    public async Task Started_without_arguments_it_is_two_servers_of_which_one_that_dies_comes_back()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var chat = await SampleProgram.StartAsync("Chat", redis.ConnectionString);
        var first = await chat.PrintsAsync(line => line.Contains("listening on ", StringComparison.Ordinal), "that a server listens");
        await chat.PrintsAsync(line => line.Contains("listening on ", StringComparison.Ordinal) && line != first, "that another one listens");

        // "http://127.0.0.1:5081 | listening on http://127.0.0.1:5081 (process 123)"
        using (var process = System.Diagnostics.Process.GetProcessById(int.Parse(first.Split("(process ")[1].TrimEnd(')'))))
        {
            process.Kill();
        }

        var url = first.Split(" | ")[0];
        await chat.PrintsAsync($"{url} | ended with exit code 137");
        await chat.PrintsAsync(line => line.StartsWith($"{url} | listening on", StringComparison.Ordinal) && line != first, "that it listens again");
        chat.EndInput();
        await chat.EndsWellAsync();
    }
}
