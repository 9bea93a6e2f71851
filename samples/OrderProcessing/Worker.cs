using RedisMessaging;
using Samples;

namespace OrderProcessing;

/// <summary><c>OrderProcessing work</c>: one of the group's consumers, until its input ends.</summary>
internal static class Worker
{
    /// <summary>What it prints once it consumes.</summary>
    public const string Ready = "ready";

    public static async Task RunAsync(string[] args)
    {
        using var host = Shop.Build(args, messaging => messaging.AddHandler<Order, ProcessOrder>(handler =>
        {
            handler.Group = Shop.Group;
            // What a worker holds, others don't get before its lease is over: few, where each takes long.
            handler.Prefetch = 5;
        }));
        await host.StartAsync();
        Console.WriteLine(Ready);
        await EndOfInput.WaitAsync();

        await host.StopAsync();
    }
}
