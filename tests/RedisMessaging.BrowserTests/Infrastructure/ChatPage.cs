using Microsoft.Playwright;

namespace RedisMessaging.BrowserTests.Infrastructure;

/// <summary>The sample's page, by what a person sees of it.</summary>
internal sealed class ChatPage(IPage page)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public IPage Page => page;

    public ILocator Message => page.GetByLabel("Message", new PageGetByLabelOptions { Exact = true });

    public async Task OpenAsync(string url, string name)
    {
        await page.GotoAsync(url);
        await page.GetByLabel("The others see this name.").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Join" }).ClickAsync();
    }

    public async Task<ChatPage> IsConnectedAsync()
    {
        await page.Locator(".state", new() { HasText = "connected" }).WaitForAsync();
        return this;
    }

    public Task NoticesAsync(string state) => page.Locator(".state", new() { HasText = state }).WaitForAsync();

    public async Task SayAsync(string text)
    {
        await Message.FillAsync(text);
        await Message.PressAsync("Enter");
    }

    /// <summary>The messages from top to bottom, "name: text"; what is not sent yet has a star.</summary>
    public Task<string[]> LinesAsync() => page.EvaluateAsync<string[]>(
        "[...document.querySelectorAll('.line')].map(line => `${line.dataset.waiting ? '*' : ''}${line.querySelector('.who').textContent}: ${line.querySelector('.bubble').textContent}`)");

    /// <summary>Waits until the page shows exactly these, in this order.</summary>
    public async Task ShowsAsync(params string[] lines)
    {
        try
        {
            await Eventually.TrueAsync(async () => (await LinesAsync()).SequenceEqual(lines), Longest);
        }
        catch (TimeoutException)
        {
            (await LinesAsync()).Should().Equal(lines);
        }
    }

    /// <summary>Waits until these are online.</summary>
    public async Task SeesOnlineAsync(params string[] names)
    {
        try
        {
            await Eventually.TrueAsync(async () => (await OnlineAsync()).Order(StringComparer.Ordinal).SequenceEqual(names.Order(StringComparer.Ordinal)), Longest);
        }
        catch (TimeoutException)
        {
            (await OnlineAsync()).Should().BeEquivalentTo(names);
        }
    }

    /// <summary>What lies over something else, or outside of the page; empty when all is well.</summary>
    public Task<string[]> FlawsAsync() => page.EvaluateAsync<string[]>(
        """
        () => {
            const flaws = [];
            const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility({ visibilityProperty: true }));
            const box = (one) => one.getBoundingClientRect();
            const tell = (one) => `${one.tagName.toLowerCase()}${one.id ? '#' + one.id : ''}.${one.className} "${one.textContent.trim().slice(0, 20)}"`;
            const overlap = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
            if (document.documentElement.scrollWidth > innerWidth) {
                flaws.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
            }
            for (const group of ['.chat > *', '.chat header > *', '.composer > :not(.unseen)', '#lines > *', '.room', '.person', '.rooms, .people, .chat']) {
                const all = shown(group);
                all.forEach((one, index) => all.slice(index + 1).filter((other) => overlap(box(one), box(other))).forEach((other) => flaws.push(`${tell(one)} lies over ${tell(other)}`)));
            }
            for (const row of shown('.row, .person, .room')) {
                const all = [...row.children].filter((one) => !one.matches('.unseen'));
                all.forEach((one, index) => all.slice(index + 1).filter((other) => overlap(box(one), box(other))).forEach((other) => flaws.push(`${tell(one)} lies over ${tell(other)}`)));
            }
            for (const one of shown('header, .composer, .composer > :not(.unseen), .bubble, .row time, header > *, .room, .person')) {
                const { left, right } = box(one);
                if (left < -0.5 || right > innerWidth + 0.5) {
                    flaws.push(`${tell(one)} is from ${left} to ${right} in a window of ${innerWidth}`);
                }
            }
            for (const one of shown('.composer, header')) {
                const { top, bottom } = box(one);
                if (top < 0 || bottom > innerHeight + 0.5) {
                    flaws.push(`${tell(one)} is from ${top} to ${bottom} in a window of ${innerHeight}`);
                }
            }
            for (const one of shown('.bubble, #state-text, .count')) {
                if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline') {
                    flaws.push(`${tell(one)} is too narrow for its text`);
                }
            }
            return flaws;
        }
        """);

    private Task<string[]> OnlineAsync() => page.EvaluateAsync<string[]>("[...document.querySelectorAll('.person-name')].map(person => person.firstChild.textContent)");
}
