using System.Globalization;
using Microsoft.Playwright;
using RedisMessaging.BrowserTests.Infrastructure;

namespace RedisMessaging.BrowserTests;

/// <summary>How the Chat sample looks in the middle of a conversation, light, dark and on a phone: nothing lies over anything else. The READMEs' pictures are made here.</summary>
public sealed class ChatPictureTests : IAsyncLifetime
{
    private const string Room = "1";

    /// <summary>How many minutes ago, who, what.</summary>
    private static readonly (int Ago, string Name, string Text)[] Conversation =
    [
        (54, "Ada", "Good morning! Is the release still planned for today?"),
        (53, "민준", "네, 오후 세 시에 나갑니다. 마지막 테스트가 돌고 있어요."),
        (41, "Jonas", "I restarted Redis twice while you were writing. Did you notice?"),
        (27, "서연", "전혀요 😄 저는 릴리스 노트를 마무리할게요."),
        (27, "서연", "English first, 한국어는 그다음에."),
        (9, "지우", "문서에서 오타를 하나 고쳤어요. 리뷰 부탁해요!"),
    ];

    // The addresses are to be read in the pictures.
    private readonly ChatBrowser _browser = new()
    {
        Servers = Screenshots.AreWanted ? new() { First = "http://127.0.0.1:5081", Second = "http://127.0.0.1:5082" } : new(),
    };

    public Task InitializeAsync() => _browser.InitializeAsync();

    public Task DisposeAsync() => _browser.DisposeAsync();

    [BrowserFact]
    public async Task In_the_middle_of_a_conversation_everything_has_its_place()
    {
        var (first, second) = (_browser.Servers.First, _browser.Servers.Second);
        await PublishAsync();
        await using var ada = new ChatVisitor("Ada", Room);
        await using var jonas = new ChatVisitor("Jonas", Room);
        await using var minjun = new ChatVisitor("민준", Room);
        await using var jiwoo = new ChatVisitor("지우", Room);
        await using var mina = new ChatVisitor("Mina", "2");
        await using var harin = new ChatVisitor("하린", "3");
        await ada.ArriveAsync(first);
        foreach (var visitor in new[] { jonas, minjun, jiwoo, mina, harin })
        {
            await visitor.ArriveAsync(second);
        }

        var light = await _browser.OpenAsync(first, Room, "서연", height: 840);
        var dark = await _browser.OpenAsync(first, Room, "서연", height: 840, colors: ColorScheme.Dark);
        var phone = await _browser.OpenAsync(first, Room, "서연", width: 390, height: 844, scale: 2);
        ChatPage[] pages = [light, dark, phone];
        foreach (var page in pages)
        {
            await page.IsConnectedAsync();
        }

        await _browser.Servers.KillFirstAsync();
        await jonas.SayAsync("And now I have killed the server at :5081.");
        await minjun.SayAsync("저는 :5082에 있어서 몰랐어요. 서연 님은요?");
        await _browser.Servers.StartFirstAsync();
        await ada.ArriveAsync(first);
        foreach (var page in pages)
        {
            await page.IsConnectedAsync();
            await page.Page.Locator(".note", new() { HasText = "caught up: 2 messages" }).WaitForAsync();
        }

        await light.SayAsync("다시 연결됐고, 놓친 말도 하나 없네요 👍");
        foreach (var page in pages)
        {
            await page.Page.Locator(".bubble", new() { HasText = "다시 연결됐고" }).WaitForAsync();
            await page.SeesOnlineAsync("Ada", "Jonas", "서연", "민준", "지우");
            (await page.FlawsAsync()).Should().BeEmpty();
        }

        await Screenshots.TakeAsync(light.Page, "chat-light");
        await Screenshots.TakeAsync(dark.Page, "chat-dark");
        await Screenshots.TakeAsync(phone.Page, "chat-phone");

        await dark.Page.SetViewportSizeAsync(800, 700);
        (await dark.FlawsAsync()).Should().BeEmpty("between desktop and phone there is a tablet");
        await Screenshots.TakeAsync(dark.Page, "chat-tablet");
        await phone.Page.GetByRole(AriaRole.Button, new() { Name = "Rooms and people" }).ClickAsync();
        await phone.Page.Locator(".person", new() { HasText = "Jonas" }).WaitForAsync();
        await Screenshots.TakeAsync(phone.Page, "chat-phone-drawer");
    }

    /// <summary>A history with times of its own: each message is given its position, which begins with its time.</summary>
    private async Task PublishAsync()
    {
        await using var bus = await RedisMessageBus.ConnectAsync(_browser.Servers.Connection, messaging =>
        {
            messaging.KeyPrefix = "chat-sample:";
            messaging.UseJson(ChatMessageJson.Default);
            messaging.AddStream<ChatMessage>("chat:room:{room}");
        });
        var now = TimeProvider.System.GetUtcNow();
        foreach (var ((ago, name, text), index) in Conversation.Select((line, index) => (line, index)))
        {
            var position = string.Create(CultureInfo.InvariantCulture, $"{now.AddMinutes(-ago).ToUnixTimeMilliseconds()}-{index}");
            await bus.PublishToAsync($"chat:room:{Room}", new ChatMessage(name, text), new PublishOptions { Position = position });
        }
    }
}
