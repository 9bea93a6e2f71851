using Microsoft.Playwright;

namespace RedisMessaging.BrowserTests.Infrastructure;

/// <summary>A browser and two servers of the Chat sample, for all tests of a class.</summary>
public sealed class ChatBrowser : IAsyncLifetime
{
    private readonly List<IBrowserContext> _contexts = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>By default with a room for each test: "t1" to "t9".</summary>
    internal ChatServers Servers { get; init; } = new() { Rooms = Enumerable.Range(1, 9).ToDictionary(number => $"t{number}", number => $"Test {number}") };

    public async Task InitializeAsync()
    {
        if (Chromium.Path is not null)
        {
            await Servers.InitializeAsync();
            _playwright = await Playwright.CreateAsync();
            _browser = await Chromium.LaunchAsync(_playwright);
        }
    }

    /// <summary>A page in a context of its own, as somebody else's browser has it.</summary>
    /// <param name="url">A server, with <c>?server=</c> or without.</param>
    /// <param name="room">The room's id.</param>
    internal async Task<ChatPage> OpenAsync(string url, string room, string name, int width = 1280, int height = 800, ColorScheme colors = ColorScheme.Light, float scale = 1)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colors,
            DeviceScaleFactor = scale,
            HasTouch = width < 700,
            Locale = "en-GB",
            TimezoneId = "Asia/Seoul",
        });
        _contexts.Add(context);
        context.SetDefaultTimeout(60_000);
        var page = new ChatPage(await context.NewPageAsync());
        await page.OpenAsync($"{url}#{room}", name);
        return page;
    }

    /// <summary>Closes the pages of a test.</summary>
    public async Task CloseAllAsync()
    {
        foreach (var context in _contexts)
        {
            await context.CloseAsync();
        }

        _contexts.Clear();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
        await Servers.DisposeAsync();
    }
}
