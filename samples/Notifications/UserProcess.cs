using System.Diagnostics;
using Samples;

namespace Notifications;

/// <summary>A user who is online elsewhere, and what they are shown.</summary>
internal sealed class UserProcess : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _shown = [];
    private readonly TaskCompletionSource _online = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private UserProcess(string userId, Process process)
    {
        _process = process;
        _reading = ReadAsync(userId);
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
        var user = new UserProcess(userId, OwnProgram.Start("--transport", transport, "user", userId));
        await user._online.Task.WaitAsync(Longest);
        return user;
    }

    public async Task WaitForAsync(string line)
    {
        for (var waited = Stopwatch.StartNew(); !Shown.Contains(line); await Task.Delay(20))
        {
            if (waited.Elapsed > Longest)
            {
                throw new TimeoutException($"'{line}' was not shown within {Longest.TotalSeconds} s.");
            }
        }
    }

    /// <summary>As a crash does, or an empty battery: nothing is given back, nothing is said.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Goes offline in peace.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync();
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(string userId)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == User.Online)
            {
                _online.TrySetResult();
                continue;
            }

            Console.WriteLine($"    {userId}'s screen: {line}");
            lock (_lock)
            {
                _shown.Add(line);
            }
        }

        _online.TrySetException(new InvalidOperationException($"{userId} ended before being online."));
    }
}
