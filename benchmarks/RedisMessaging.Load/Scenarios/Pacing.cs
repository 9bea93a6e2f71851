using System.Diagnostics;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Sends at a fixed rate from a thread of its own, waiting for no answer: a slow answer delays no message behind it.</summary>
internal static class Pacing
{
    public static async Task SendAsync(ISender sender, int messages, int rate, int bytes)
    {
        var sent = new List<Task>(messages);
        await Task.Factory.StartNew(
            () =>
            {
                var started = Stopwatch.GetTimestamp();
                var source = MessageSource.Of(messages, bytes);
                for (var i = 0; i < messages; i++)
                {
                    var due = TimeSpan.FromSeconds((double)i / rate);
                    while (Stopwatch.GetElapsedTime(started) < due)
                    {
                        Thread.Sleep(1);
                    }

                    sent.Add(sender.SendAsync(source.Create()));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await Task.WhenAll(sent);
    }
}
