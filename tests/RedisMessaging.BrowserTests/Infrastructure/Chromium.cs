using Microsoft.Playwright;

namespace RedisMessaging.BrowserTests.Infrastructure;

/// <summary>The browser of this machine. None is ever downloaded.</summary>
internal static class Chromium
{
    public const string Variable = "REDIS_MESSAGING_TEST_CHROMIUM";

    /// <summary>Where it is; <see langword="null"/> when there is none.</summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : ProcessParent.FindOnPath("chromium");

    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
    {
        ExecutablePath = Path,
        // As root there is no sandbox; and a browser under test has nobody to call.
        Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
}
