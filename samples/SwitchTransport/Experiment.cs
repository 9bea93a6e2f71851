using System.Diagnostics;
using System.Globalization;
using RedisMessaging;
using Samples;

namespace SwitchTransport;

/// <summary>Publishes numbers at a steady pace. A third of the way the consumer is killed, two thirds of the way another one starts.</summary>
internal static class Experiment
{
    public const int Messages = 1_500;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    public static async Task<Result> RunAsync(string transport)
    {
        var keyPrefix = $"switch-{Guid.NewGuid():N}:";
        var tally = new Tally();
        using var host = Setup.Build(keyPrefix, transport);
        await host.StartAsync();
        var bus = Setup.BusOf(host);

        Console.WriteLine($"== {transport}: {Messages} messages");
        var first = await StartConsumerAsync();
        await PublishAsync(bus, 1, Messages / 3);
        await first.KillAsync();
        Console.WriteLine($"   after {Messages / 3}: the consumer is killed");
        await PublishAsync(bus, (Messages / 3) + 1, 2 * Messages / 3);
        Console.WriteLine($"   after {2 * Messages / 3}: another one starts");
        await using (await StartConsumerAsync())
        {
            await PublishAsync(bus, (2 * Messages / 3) + 1, Messages);
            await SettleAsync(transport, tally);
        }

        await first.DisposeAsync();
        await host.StopAsync();
        await KeyCleaner.RemoveAsync(Setup.ConnectionOf(host), keyPrefix);
        return tally.Of(transport, Messages);

        Task<ChildProgram> StartConsumerAsync() => ChildProgram.StartAsync(["consume", keyPrefix, transport], Consumer.Listening, line =>
        {
            // The number of each message that it handles. What it logs it prints, too.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                tally.Add(number);
            }
        });
    }

    private static async Task PublishAsync(IMessageBus bus, int from, int to)
    {
        using var timer = new PeriodicTimer(Pace);
        for (var number = from; number <= to; number++)
        {
            await bus.PublishAsync(new Numbered(number));
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Until all are there; or, where that will not be, until nothing has come for a while.</summary>
    private static async Task SettleAsync(string transport, Tally tally)
    {
        var patience = transport == nameof(TransportKind.PubSub) ? Quiet : Longest;
        var delivered = tally.Of(transport, Messages).Delivered;
        for (var since = Stopwatch.StartNew(); delivered < Messages && since.Elapsed < patience;)
        {
            await Task.Delay(50);
            var now = tally.Of(transport, Messages).Delivered;
            if (now != delivered)
            {
                delivered = now;
                since.Restart();
            }
        }
    }
}
