using System.Globalization;
using Microsoft.Data.Sqlite;
using RedisMessaging.SampleTests.Infrastructure;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests;

/// <summary>The built Orders: steps that fail, die and come later, and a payment that is made once all the same.</summary>
public sealed class OrdersTests
{
    private const string Stream = "orders-sample:{orders}:stream";
    private const int Orders = 60;

    private static readonly string[] Steps = ["payment", "inventory", "shipping", "confirmation", "loyalty", "statistics"];

    [Fact]
    public async Task Each_order_is_paid_once_and_handled_by_every_step_whatever_fails_or_dies()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var data = new TemporaryFolder();

        var output = await SampleProgram.RunAsync("Orders", server.ConnectionString, ["--orders", $"{Orders}", "--data", data.Path]);

        // While payment is dead and mails wait, the others are not held up; the snapshot is of the second death.
        var whileDead = output.Split("== ").Single(part => part.StartsWith("The new one is killed", StringComparison.Ordinal));
        whileDead.Should().MatchRegex(@"confirmation +\d+ +\d+ +[1-9]\d* +0 +0\b", "the gateway is down, and all of it waits");
        whileDead.Should().MatchRegex(@"shipping +\d+ +\d+ +0 +0 +[1-9]").And.MatchRegex(@"loyalty +\d+ +\d+ +0 +0 +[1-9]");
        output.Should().Contain("order-12 of inventory: max-attempts after 4 attempts, Orders.UnknownProductException: There is no 한라봉 in the catalogue.").And.Contain("redriven: 5");
        output.Should().Contain("payment | again | order 15 | order-15 is paid already");
        output.Should().MatchRegex(@"paid once: 60 of 60 \| charged: ([\d,]+) of \1 won \| lost: 0 \| doubled: 0 \| duplicates recognised: [1-9]").And.Contain("All as promised.");

        await PaidOnceAsync(data.Path, Orders);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var groups = await redis.GetDatabase().StreamGroupInfoAsync(Stream);
        groups.Select(group => group.Name).Should().BeEquivalentTo([.. Steps, "fraud"]);
        groups.Should().OnlyContain(group => group.PendingMessageCount == 0 && group.Lag == 0);
        (await redis.GetDatabase().StreamLengthAsync(Stream)).Should().Be(Orders);
        (await redis.GetDatabase().StreamLengthAsync("orders-sample:{orders}:dead")).Should().Be(0, "they were redriven");
        foreach (var (step, table) in new[] { ("inventory", "reservations"), ("loyalty", "points"), ("statistics", "sales"), ("fraud", "orders") })
        {
            (await ReadAsync(data.Path, step, $"SELECT order_number FROM {table}")).Should().BeEquivalentTo(Enumerable.Range(1, Orders).Select(Text), $"{step} handled each order once");
        }

        (await ReadAsync(data.Path, "inventory", "SELECT 100 - quantity FROM stock WHERE product = '한라봉'")).Should().BeEquivalentTo(["5"], "five orders of one each were redriven");
        Directory.GetFiles(Path.Combine(data.Path, "sent")).Select(Path.GetFileNameWithoutExtension).Should().BeEquivalentTo(Enumerable.Range(1, Orders).Select(number => $"order-{number}"));
        (await File.ReadAllTextAsync(Path.Combine(data.Path, "labels", "6.txt"))).Should().Contain("이서준").And.Contain("부산광역시");
    }

    [Fact]
    public async Task A_payment_worker_that_is_killed_at_any_moment_loses_no_order_and_pays_none_twice()
    {
        const int orders = 80;
        await using var server = await RedisServer.StartPrivateAsync();
        using var data = new TemporaryFolder();
        var lease = new Dictionary<string, string> { ["RedisMessaging__Topics__orders__Lease"] = "00:00:01" };
        Task<SampleProgram> StartAsync(params string[] arguments) => SampleProgram.StartAsync("Orders", server.ConnectionString, [.. arguments, "--data", data.Path], lease);
        var seed = Random.Shared.Next();
        var random = new Random(seed);

        await using var till = await StartAsync("place", "--orders", $"{orders}");
        for (var kill = 1; kill <= 3; kill++)
        {
            await using var worker = await StartAsync("worker", "payment");
            // It works when it is killed: some payments after its first, and at any place within one.
            var payments = random.Next(1, 8);
            await Eventually.TrueAsync(() => worker.Lines.Count(IsPayment) >= payments, TimeSpan.FromSeconds(60), $"kill {kill} of seed {seed}");
            await Task.Delay(random.Next(0, 40));
            await worker.KillAsync();
        }

        await using var last = await StartAsync("worker", "payment");
        await till.EndsWellAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        await Eventually.TrueAsync(
            async () => (await redis.GetDatabase().StreamGroupInfoAsync(Stream)).Single() is { PendingMessageCount: 0, Lag: 0 },
            TimeSpan.FromSeconds(60),
            $"all is acked, seed {seed}");
        last.EndInput();
        await last.EndsWellAsync();

        await PaidOnceAsync(data.Path, orders);
        (await SampleProgram.RunAsync("Orders", server.ConnectionString, ["place", "--orders", "3", "--data", data.Path])).Should().Contain("3 of them were placed before");
        (await redis.GetDatabase().StreamLengthAsync(Stream)).Should().Be(orders, "an order that is placed twice is stored once");
    }

    private static bool IsPayment(string line) => line.StartsWith("paid | ", StringComparison.Ordinal) || line.StartsWith("again | ", StringComparison.Ordinal);

    /// <summary>By the database alone: a payment for each order, each with its message's id, and as much charged as was paid.</summary>
    private static async Task PaidOnceAsync(string folder, int orders)
    {
        var numbers = Enumerable.Range(1, orders).ToList();
        (await ReadAsync(folder, "payment", "SELECT order_number FROM payments")).Should().BeEquivalentTo(numbers.Select(Text), "each order is paid exactly once");
        (await ReadAsync(folder, "payment", "SELECT message_id FROM payments")).Should().BeEquivalentTo(numbers.Select(number => $"order-{number}"));
        var paid = await ReadAsync(folder, "payment", "SELECT customer || ' ' || SUM(won) FROM payments GROUP BY customer");
        paid.Should().HaveCount(5).And.BeEquivalentTo(await ReadAsync(folder, "payment", "SELECT customer || ' ' || charged FROM accounts"), "a payment and its charge are one transaction");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<List<string>> ReadAsync(string folder, string step, string sql)
    {
        // Not pooled: the folder is deleted behind the test.
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, $"{step}.db")};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }
}
