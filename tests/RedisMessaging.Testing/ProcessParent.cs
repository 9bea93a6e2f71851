using System.Collections.Concurrent;
using System.Diagnostics;

namespace RedisMessaging.Testing;

/// <summary>
/// Starts processes from one thread that never ends: "die with the parent" (<c>setpriv --pdeathsig</c>) means the thread that started the process, and a thread
/// of the pool ends when it has been idle for a while.
/// </summary>
public static class ProcessParent
{
    private static readonly BlockingCollection<Action> Work = Start();
    private static readonly string? SetPriv = OperatingSystem.IsLinux() ? FindOnPath("setpriv") : null;

    /// <summary>Where a program is; <see langword="null"/> when it is not on the PATH.</summary>
    public static string? FindOnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name))
        .FirstOrDefault(File.Exists);

    /// <summary>A command that dies with this process, however that ends, where the system can do that. For <see cref="StartAsync"/>.</summary>
    public static ProcessStartInfo Mortal(params IReadOnlyList<string> command)
    {
        // setpriv becomes the program: one process, one id.
        string[] all = SetPriv is null ? [.. command] : [SetPriv, "--pdeathsig", "KILL", .. command];
        return new ProcessStartInfo(all[0], all[1..]) { UseShellExecute = false };
    }

    /// <summary>Starts a process that outlives the thread of the caller.</summary>
    public static Task<Process> StartAsync(ProcessStartInfo command)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(command) ?? throw new InvalidOperationException($"{command.FileName} was not started."));
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        return started.Task;
    }

    private static BlockingCollection<Action> Start()
    {
        var work = new BlockingCollection<Action>();
        var thread = new Thread(() =>
        {
            foreach (var item in work.GetConsumingEnumerable())
            {
                item();
            }
        })
        {
            IsBackground = true,
            Name = "parent of child processes",
        };
        thread.Start();
        return work;
    }
}
