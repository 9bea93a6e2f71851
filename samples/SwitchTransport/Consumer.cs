using RedisMessaging;
using Samples;

namespace SwitchTransport;

/// <summary>A process of its own, so that it can be killed: says each number that it begins to handle, until its input ends.</summary>
internal static class Consumer
{
    public const string Listening = "listening";

    /// <summary>Longer than the pace of publishing, so that there is always something in hand.</summary>
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(3);

    public static async Task RunAsync(string keyPrefix, string transport)
    {
        using var host = Setup.Build(keyPrefix, transport);
        await host.StartAsync();
        await Setup.BusOf(host).SubscribeAsync<Numbered>(
            Setup.Topic,
            async (message, _, cancellationToken) =>
            {
                // Killed behind this it was begun and not acked: where it comes again it is handled twice.
                Console.WriteLine(message.Number);
                await Task.Delay(Work, cancellationToken);
            },
            new SubscribeOptions { Group = "counting", Prefetch = 20 });
        Console.WriteLine(Listening);
        await EndOfInput.WaitAsync();

        await host.StopAsync();
    }
}
