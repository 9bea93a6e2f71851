using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Samples;

/// <summary>A host that another program started, and that is to end with it.</summary>
internal static class EndOfInput
{
    /// <summary>Stops the host, once it has started, when its input ends: a pipe does so even when the process at its other end was killed.</summary>
    public static void Stops(IHost host)
    {
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        // A thread of its own, and one that keeps nothing alive: reading the input blocks.
        lifetime.ApplicationStarted.Register(() => new Thread(() =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }

            lifetime.StopApplication();
        })
        { IsBackground = true }.Start());
    }
}
