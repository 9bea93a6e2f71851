using Microsoft.Extensions.Hosting;
using Samples;

namespace Orders;

/// <summary><c>Orders worker STEP</c>: works at one step, until its input ends. Any number of them share its group's orders.</summary>
internal static class Worker
{
    /// <summary>What it prints once it consumes.</summary>
    public const string Ready = "ready";

    public static async Task RunAsync(Step step, string[] args)
    {
        using var host = Shop.Build(args, step);
        await host.StartAsync();
        Console.WriteLine(Ready);
        await EndOfInput.WaitAsync();

        await host.StopAsync();
    }
}
