namespace RedisMessaging.BrowserTests.Infrastructure;

/// <summary>A test that needs a browser, and says so where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Path is null)
        {
            Skip = $"There is no browser: run ./build.sh test browser, which installs one, put chromium on the PATH (Debian: apt-get install chromium), or set {Chromium.Variable} to the program.";
        }
    }
}
