using Microsoft.Playwright;
using RedisMessaging.BrowserTests.Infrastructure;

namespace RedisMessaging.BrowserTests;

/// <summary>The Chat sample's page in a real browser, on two servers.</summary>
public sealed class ChatPageTests(ChatBrowser browser) : IClassFixture<ChatBrowser>, IAsyncLifetime
{
    private string First => browser.Servers.First;

    private string Second => browser.Servers.Second;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.CloseAllAsync();

    [BrowserFact]
    public async Task Two_people_on_two_servers_talk_and_see_each_other()
    {
        var seoyeon = await browser.OpenAsync(First, "t1", "서연");
        var ada = await browser.OpenAsync(Second, "t1", "Ada");
        await seoyeon.IsConnectedAsync();
        await ada.IsConnectedAsync();

        await seoyeon.SayAsync("안녕하세요! 저는 첫 번째 서버에 있어요");
        await ada.ShowsAsync("서연: 안녕하세요! 저는 첫 번째 서버에 있어요");
        await ada.SayAsync("And I am on the second one 👋");
        await seoyeon.ShowsAsync("서연: 안녕하세요! 저는 첫 번째 서버에 있어요", "Ada: And I am on the second one 👋");
        await seoyeon.SeesOnlineAsync("서연", "Ada");
        await ada.SeesOnlineAsync("서연", "Ada");

        (await seoyeon.Page.Locator(".own .bubble").AllTextContentsAsync()).Should().Equal(["안녕하세요! 저는 첫 번째 서버에 있어요"], "one's own messages are to be told from the others'");
        var newcomer = await browser.OpenAsync(Second, "t1", "지우");
        await newcomer.ShowsAsync("서연: 안녕하세요! 저는 첫 번째 서버에 있어요", "Ada: And I am on the second one 👋");
        await ada.Page.CloseAsync();
        await seoyeon.SeesOnlineAsync("서연", "지우");
    }

    [BrowserFact]
    public async Task A_page_catches_up_after_its_server_was_killed_and_what_was_typed_meanwhile_arrives_once()
    {
        var seoyeon = await browser.OpenAsync(First, "t2", "서연");
        var ada = await browser.OpenAsync(Second, "t2", "Ada");
        await ada.IsConnectedAsync();
        await seoyeon.IsConnectedAsync();
        await ada.SayAsync("before");
        await seoyeon.ShowsAsync("Ada: before");

        await browser.Servers.KillFirstAsync();
        await seoyeon.NoticesAsync("reconnecting…");
        await ada.SayAsync("하나");
        await ada.SayAsync("둘");
        await seoyeon.SayAsync("서버가 없을 때 쓴 말");
        await ada.SayAsync("셋");
        await ada.ShowsAsync("Ada: before", "Ada: 하나", "Ada: 둘", "Ada: 셋");
        await seoyeon.ShowsAsync("Ada: before", "*서연: 서버가 없을 때 쓴 말");
        await browser.Servers.StartFirstAsync();

        await seoyeon.IsConnectedAsync();
        string[] all = ["Ada: before", "Ada: 하나", "Ada: 둘", "Ada: 셋", "서연: 서버가 없을 때 쓴 말"];
        await seoyeon.ShowsAsync(all);
        await ada.ShowsAsync(all);
        (await seoyeon.Page.Locator(".note").AllTextContentsAsync()).Should().Equal("caught up: 3 messages");
        await ada.SayAsync("after");
        await seoyeon.ShowsAsync([.. all, "Ada: after"]);
        await seoyeon.SeesOnlineAsync("서연", "Ada");
    }

    [BrowserFact]
    public async Task What_was_typed_without_a_server_outlives_a_reload()
    {
        // The page of the second server, which stays there, on the first one.
        var seoyeon = await browser.OpenAsync($"{Second}/?server={First}", "t3", "서연");
        await seoyeon.IsConnectedAsync();
        await browser.Servers.KillFirstAsync();
        await seoyeon.NoticesAsync("reconnecting…");
        await seoyeon.SayAsync("아직 여기 있어요");
        await seoyeon.SayAsync("still here");
        await seoyeon.Page.ReloadAsync();
        await seoyeon.NoticesAsync("connecting…");

        await browser.Servers.StartFirstAsync();
        await seoyeon.IsConnectedAsync();

        await seoyeon.ShowsAsync("서연: 아직 여기 있어요", "서연: still here");
        var ada = await browser.OpenAsync(Second, "t3", "Ada");
        await ada.ShowsAsync("서연: 아직 여기 있어요", "서연: still here");
    }

    [BrowserFact]
    public async Task What_people_write_is_text_and_a_syllable_in_the_making_is_not_sent()
    {
        var seoyeon = await (await browser.OpenAsync(First, "t4", "<b>서연</b>")).IsConnectedAsync();
        var ada = await (await browser.OpenAsync(Second, "t4", "Ada")).IsConnectedAsync();

        await seoyeon.SayAsync("<img src=x onerror=\"document.title='hacked'\"> <b>굵게</b>");
        await ada.ShowsAsync("<b>서연</b>: <img src=x onerror=\"document.title='hacked'\"> <b>굵게</b>");
        (await ada.Page.Locator(".line img, .line b, .person b").CountAsync()).Should().Be(0);
        (await ada.Page.TitleAsync()).Should().NotContain("hacked");

        // The Enter that ends a Hangul syllable belongs to the input method; Shift+Enter is a new line.
        await ada.Message.FillAsync("한글");
        await ada.Message.DispatchEventAsync("keydown", new { key = "Enter", isComposing = true, bubbles = true, cancelable = true });
        (await ada.Message.InputValueAsync()).Should().Be("한글");
        await ada.Message.PressAsync("Shift+Enter");
        await ada.Message.PressSequentiallyAsync("두 줄");
        await ada.Message.PressAsync("Enter");
        await seoyeon.ShowsAsync("<b>서연</b>: <img src=x onerror=\"document.title='hacked'\"> <b>굵게</b>", "Ada: 한글\n두 줄");
    }

    [BrowserFact]
    public async Task A_page_talks_to_a_server_of_another_origin_if_the_configuration_says_so()
    {
        var seoyeon = await (await browser.OpenAsync($"{First}/?server={Second}", "t5", "서연")).IsConnectedAsync();
        (await seoyeon.Page.Locator("#my-server").TextContentAsync()).Should().Be(Second["http://".Length..]);
        var ada = await (await browser.OpenAsync(Second, "t5", "Ada")).IsConnectedAsync();
        await seoyeon.SayAsync("다른 곳에서 온 페이지");
        await ada.ShowsAsync("서연: 다른 곳에서 온 페이지");

        // The same server under another name is another origin, and not in the configuration: the page may not even ask.
        var other = await browser.OpenAsync($"{First}/?server={Second.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}", "t5", "민준");
        var refusal = await other.Page.WaitForConsoleMessageAsync(new() { Predicate = message => message.Text.Contains("Content Security Policy", StringComparison.Ordinal) });
        refusal.Type.Should().Be("error");
        await other.NoticesAsync("connecting…");
    }

    [BrowserFact]
    public async Task Each_room_has_its_own_conversation()
    {
        var seoyeon = await (await browser.OpenAsync(First, "t6", "서연")).IsConnectedAsync();
        var ada = await (await browser.OpenAsync(Second, "t7", "Ada")).IsConnectedAsync();
        await seoyeon.SayAsync("here");
        await ada.SayAsync("there");
        await seoyeon.ShowsAsync("서연: here");
        await seoyeon.SeesOnlineAsync("서연");

        await seoyeon.Page.GetByRole(AriaRole.Button, new() { Name = "Test 7" }).ClickAsync();
        await seoyeon.ShowsAsync("Ada: there");
        await seoyeon.SeesOnlineAsync("서연", "Ada");
        await ada.SayAsync("welcome");
        await seoyeon.ShowsAsync("Ada: there", "Ada: welcome");
        await seoyeon.Page.GetByRole(AriaRole.Button, new() { Name = "Test 6" }).ClickAsync();
        await seoyeon.ShowsAsync("서연: here");
        await ada.SayAsync("still there?");
        await seoyeon.Page.GetByRole(AriaRole.Button, new() { Name = "Test 7" }).ClickAsync();
        await seoyeon.ShowsAsync("Ada: there", "Ada: welcome", "Ada: still there?");
    }

    [BrowserFact]
    public async Task On_a_phone_everything_has_its_place()
    {
        var phone = await (await browser.OpenAsync(First, "t8", "서연", width: 390, height: 844)).IsConnectedAsync();
        var ada = await (await browser.OpenAsync(Second, "t8", "A name as long as it gets")).IsConnectedAsync();
        await phone.SayAsync("짧은 말");
        await ada.SayAsync($"A word without end: {new string('x', 300)}");
        await ada.SayAsync(string.Concat(Enumerable.Repeat("아주 긴 이야기를 하고 있어요. ", 20)));
        for (var number = 1; number <= 12; number++)
        {
            await phone.SayAsync($"{number}");
        }

        await Eventually.TrueAsync(async () => (await phone.LinesAsync()) is { Length: 15 } lines && !lines.Any(line => line.StartsWith('*')), TimeSpan.FromSeconds(60));
        (await phone.FlawsAsync()).Should().BeEmpty();
        (await ada.FlawsAsync()).Should().BeEmpty();
        (await phone.Page.EvaluateAsync<bool>("document.querySelector('#log').scrollTop + document.querySelector('#log').clientHeight >= document.querySelector('#log').scrollHeight - 2"))
            .Should().BeTrue("the last message is in view");

        // Rooms and people are in a drawer.
        await phone.Page.GetByRole(AriaRole.Button, new() { Name = "Rooms and people" }).ClickAsync();
        await phone.Page.GetByRole(AriaRole.Button, new() { Name = "Redis" }).ClickAsync();
        await phone.Page.Locator(".rooms").WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        await phone.Page.Locator("#room-title", new() { HasText = "Redis" }).WaitForAsync();
        (await phone.FlawsAsync()).Should().BeEmpty();
    }
}
