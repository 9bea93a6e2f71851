using Microsoft.Playwright;

namespace RedisMessaging.BrowserTests.Infrastructure;

/// <summary>Pictures of the pages, written to <c>artifacts/screenshots</c> when <c>REDIS_MESSAGING_SCREENSHOTS</c> is 1: those of the READMEs are made so.</summary>
internal static class Screenshots
{
    public static bool AreWanted { get; } = Environment.GetEnvironmentVariable("REDIS_MESSAGING_SCREENSHOTS") == "1";

    public static async Task TakeAsync(IPage page, string name)
    {
        if (AreWanted)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Repository.Path("artifacts", "screenshots", $"{name}.png"), Animations = ScreenshotAnimations.Disabled, Caret = ScreenshotCaret.Hide });
        }
    }
}
