using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Samples;

/// <summary>The end of this program's input: Ctrl+D, or the end of the program that started it. A pipe ends even when the process at its other end was killed.</summary>
internal static class EndOfInput
{
    /// <summary>On a thread of its own, which keeps nothing alive: the console is read without giving the thread back.</summary>
    public static Task WaitAsync() => Task.Factory.StartNew(
        () =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>Stops a host, once it has started, when its input ends.</summary>
    public static void Stops(IHost host)
    {
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(() => WaitAsync().ContinueWith(_ => lifetime.StopApplication(), TaskScheduler.Default));
    }
}
