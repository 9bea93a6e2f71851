using Samples;

namespace Notifications;

/// <summary>A user who is online elsewhere, and what they are shown.</summary>
internal sealed class UserProcess : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _shown = [];
    private ChildProgram _program = null!;

    private UserProcess()
    {
    }

    /// <summary>What it printed, in its order: whom it was sent to, and the text.</summary>
    public IReadOnlyList<string> Shown
    {
        get
        {
            lock (_lock)
            {
                return [.. _shown];
            }
        }
    }

    public static async Task<UserProcess> StartAsync(string userId, string transport)
    {
        var user = new UserProcess();
        user._program = await ChildProgram.StartAsync(["--transport", transport, "user", userId], User.Online, line => user.Hear(userId, line));
        return user;
    }

    public Task WaitForAsync(string line) => Patience.UntilAsync(() => Shown.Contains(line), $"'{line}' to be shown");

    /// <summary>As a crash does, or an empty battery: nothing is given back, nothing is said.</summary>
    public Task KillAsync() => _program.KillAsync();

    /// <summary>Goes offline in peace.</summary>
    public Task StopAsync() => _program.StopAsync();

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private void Hear(string userId, string line)
    {
        Console.WriteLine($"    {userId}'s screen: {line}");
        lock (_lock)
        {
            _shown.Add(line);
        }
    }
}
