using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;

namespace QuickStart;

/// <summary>Publishes 100,000 messages as fast as it goes, and counts every one of them at the other end.</summary>
internal static class BurstRun
{
    private const int AtOnce = 500;
    private const int Publishers = 4;

    public static async Task<bool> RunAsync(IServiceProvider services, string transport)
    {
        var bus = services.GetRequiredService<IMessageBus>();
        var count = services.GetRequiredService<ReadingCount>();
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, ReadingCount.Expected).Chunk(AtOnce),
            new ParallelOptions { MaxDegreeOfParallelism = Publishers },
            async (numbers, cancellationToken) => await bus.PublishManyAsync(numbers.Select(number => new Reading(number, 20 + (number % 100 / 10.0))), cancellationToken));
        var published = watch.Elapsed;
        await Task.WhenAny(count.All, Task.Delay(TimeSpan.FromSeconds(20)));
        var handled = watch.Elapsed;

        Console.WriteLine($"  burst: {ReadingCount.Expected:N0} published in {published.TotalSeconds:0.00} s ({ReadingCount.Expected / published.TotalSeconds:N0}/s), {count.Distinct:N0} handled after {handled.TotalSeconds:0.00} s ({count.Distinct / handled.TotalSeconds:N0}/s end to end)");
        if (count.Distinct != ReadingCount.Expected || count.Doubled > 0)
        {
            Console.WriteLine($"  WRONG: {ReadingCount.Expected - count.Distinct:N0} never arrived over {transport}, {count.Doubled:N0} arrived more than once");
            return false;
        }

        return true;
    }
}
