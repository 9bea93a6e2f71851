using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built OrderProcessing: a worker is killed, and what it held goes to the others.</summary>
public sealed class OrderProcessingTests
{
    private const string Stream = "order-processing-sample:{orders}:stream";
    private const string Group = "processing";

    [Fact]
    public async Task What_the_killed_worker_held_is_seen_pending_then_reclaimed_and_none_is_lost()
    {
        await using var server = await RedisServer.StartPrivateAsync();

        var output = await SampleProgram.RunAsync("OrderProcessing", server.ConnectionString, ["--workers", "3", "--orders", "60"]);

        output.Should().Contain("== 3 workers of one group, 2 producers, 60 orders");
        var killed = Regex.Match(output, @"== worker 2 was killed with (?<held>\d+) orders in its hands");
        killed.Success.Should().BeTrue(output);
        var held = int.Parse(killed.Groups["held"].Value, CultureInfo.InvariantCulture);
        held.Should().BeInRange(1, 5, "no more than its prefetch");
        var views = output.Split("== ");
        views.Single(view => view.StartsWith("In the middle", StringComparison.Ordinal)).Should().MatchRegex(@"worker 2 \([0-9a-f]{12}-1\) +[1-5] ").And.MatchRegex(@"\d-\d+ +worker 2 +\d+\.\d\d s +1\b");
        views.Single(view => view.StartsWith("worker 2 was killed", StringComparison.Ordinal)).Should().MatchRegex($@"worker 2 \([0-9a-f]{{12}}-1\) +{held} ", "nobody takes them while the lease lasts");
        views.Single(view => view.StartsWith("All is handled", StringComparison.Ordinal)).Should().MatchRegex(@"worker 2 \([0-9a-f]{12}-1\) +0 ").And.NotContain("deliveries");
        output.Should().MatchRegex($@"handled 60 of 60, reclaimed {held} of {held}, doubled \d+, lost 0");
        output.Should().MatchRegex(@"reclaimed from worker 2: (web|phone)-\d{3} by worker [13]");

        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        (await redis.GetDatabase().StreamLengthAsync(Stream)).Should().Be(60);
        (await redis.GetDatabase().StreamPendingAsync(Stream, Group)).PendingMessageCount.Should().Be(0);
    }

    [Fact]
    public async Task Workers_started_by_hand_share_the_orders_and_one_takes_over_from_another()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        var environment = new Dictionary<string, string> { ["RedisMessaging__Topics__orders__Lease"] = "00:00:01", ["WorkTime"] = "00:00:00.050" };
        Task<SampleProgram> StartAsync(params string[] arguments) => SampleProgram.StartAsync("OrderProcessing", server.ConnectionString, arguments, environment);
        await using var killed = await StartAsync("work");
        await killed.PrintsAsync("ready");

        // Alone it holds something for certain, and more than it can have handled.
        (await SampleProgram.RunAsync("OrderProcessing", server.ConnectionString, ["produce", "--name", "shop", "--orders", "40"])).Should().Contain("shop: 40 orders published");
        await killed.PrintsAsync("begins | shop-003");
        await killed.KillAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var held = await redis.GetDatabase().StreamPendingMessagesAsync(Stream, Group, 100, RedisValue.Null);
        held.Should().NotBeEmpty();
        var pending = await SampleProgram.RunAsync("OrderProcessing", server.ConnectionString, ["pending"]);
        pending.Should().MatchRegex($@"{held[0].ConsumerName} +{held.Length} ", "the view says what XPENDING says");
        foreach (var message in held)
        {
            pending.Should().MatchRegex($@"{message.MessageId} +{message.ConsumerName} +\d+\.\d\d s +1\b");
        }

        await using var other = await StartAsync("work");
        await Eventually.TrueAsync(() => Done(killed).Union(Done(other)).Count() == 40, TimeSpan.FromSeconds(60));
        other.EndInput();
        await other.EndsWellAsync();

        foreach (var message in held)
        {
            other.Output.Should().MatchRegex($@"done \| shop-\d{{3}} \| {message.MessageId} \| ", "it was the killed worker's");
        }

        other.Output.Should().Contain("김민지");
        (await redis.GetDatabase().StreamPendingAsync(Stream, Group)).PendingMessageCount.Should().Be(0);
    }

    private static IEnumerable<string> Done(SampleProgram worker) =>
        worker.Lines.Where(line => line.StartsWith("done | ", StringComparison.Ordinal)).Select(line => line.Split(" | ")[1]).Distinct();
}
