using System.Collections.Concurrent;
using System.Diagnostics;

namespace RedisMessaging.Testing;

/// <summary>
/// Starts processes from one thread that never ends: "die with the parent" (<c>setpriv --pdeathsig</c>) means the thread that started the process, and a thread
/// of the pool ends when it has been idle for a while.
/// </summary>
internal static class ProcessParent
{
    private static readonly BlockingCollection<Action> Work = Start();

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
            Name = "parent of redis-server",
        };
        thread.Start();
        return work;
    }
}
