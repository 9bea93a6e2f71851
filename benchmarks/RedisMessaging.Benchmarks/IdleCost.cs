using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace RedisMessaging.Benchmarks;

/// <summary>
/// What subscriptions cost that have nothing to do: processor time of the process and of the server, memory and connections, of one and of many; and how soon the first message to a
/// topic that was idle is handled.
/// </summary>
internal static class IdleCost
{
    private const int Tries = 50;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(int subscriptions, TransportKind? only)
    {
        await using var redis = await BenchmarkRedis.StartAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Connection + ",allowAdmin=true,name=idle-cost");
        Console.WriteLine($"{subscriptions} idle subscriptions, watched for {Watched.TotalSeconds:0} s, {Environment.ProcessorCount} cores, .NET {Environment.Version}");
        Console.WriteLine("transport  subscriptions  client CPU %  server CPU %  managed MB  working set MB  connections   first message p50 / p90 / max");
        foreach (var transport in only is { } one ? [one] : new[] { TransportKind.Queue, TransportKind.Stream })
        {
            // The first ones of a process pay for what is compiled, and compiled anew once it has run often.
            await MeasureAsync(redis.Connection, admin, transport, subscriptions, Watched, report: false);
            var single = await MeasureAsync(redis.Connection, admin, transport, 1, Watched, report: true);
            var many = await MeasureAsync(redis.Connection, admin, transport, subscriptions, Watched, report: true);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{transport,-9}  {"+" + (subscriptions - 1),13}  {many.Client - single.Client,12:0.00}  {many.Server - single.Server,12:0.00}  {many.Managed - single.Managed,10:0.00}  {many.WorkingSet - single.WorkingSet,14:0.0}  {many.Connections - single.Connections,11}"));
        }
    }

    private static async Task<Cost> MeasureAsync(string connection, ConnectionMultiplexer admin, TransportKind transport, int subscriptions, TimeSpan watched, bool report)
    {
        var server = admin.GetServers()[0];
        var before = (Managed: ManagedBytes(), WorkingSet: WorkingSetBytes(), Connections: (await server.ClientListAsync()).Length);
        var prefix = $"idle-{Guid.NewGuid():N}:";
        var handled = new ConcurrentDictionary<string, long>();
        await using var bus = await ConnectAsync(connection, prefix, transport, subscriptions);
        await Task.WhenAll(Enumerable.Range(0, subscriptions).Select(i => bus.SubscribeAsync<string>($"t{i}", (text, context, _) =>
        {
            handled[text] = Stopwatch.GetTimestamp();
            return ValueTask.CompletedTask;
        }).AsTask()));
        await Task.Delay(Settle);

        var memory = (Managed: ManagedBytes(), WorkingSet: WorkingSetBytes());
        var clientBefore = Process.GetCurrentProcess().TotalProcessorTime;
        var serverBefore = await ServerSecondsAsync(server);
        var watch = Stopwatch.StartNew();
        await Task.Delay(watched);
        var client = (Process.GetCurrentProcess().TotalProcessorTime - clientBefore).TotalSeconds / watch.Elapsed.TotalSeconds;
        var served = (await ServerSecondsAsync(server) - serverBefore) / watch.Elapsed.TotalSeconds;
        var cost = new Cost(
            client * 100,
            served * 100,
            (memory.Managed - before.Managed) / 1e6,
            (memory.WorkingSet - before.WorkingSet) / 1e6,
            (await server.ClientListAsync()).Length - before.Connections);

        var late = await FirstMessagesAsync(connection, prefix, transport, subscriptions, handled, report ? Tries : 3);
        if (report)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{transport,-9}  {subscriptions,13}  {cost.Client,12:0.00}  {cost.Server,12:0.00}  {cost.Managed,10:0.00}  {cost.WorkingSet,14:0.0}  {cost.Connections,11}   {late[late.Count / 2]:0.00} / {late[late.Count * 9 / 10]:0.00} / {late[^1]:0.00} ms"));
        }

        return cost;
    }

    /// <summary>From before the publish, by another process's connection, to the handler's start; each message to a topic that has been idle for a while, as far as there are so many.</summary>
    private static async Task<List<double>> FirstMessagesAsync(string connection, string prefix, TransportKind transport, int subscriptions, ConcurrentDictionary<string, long> handled, int tries)
    {
        await using var other = await ConnectAsync(connection, prefix, transport, subscriptions);
        await other.PublishToAsync("t0", "warm up");
        var late = new List<double>();
        for (var i = 0; i < tries; i++)
        {
            // Alone, a topic is not idle any more when several messages come within a second.
            await Task.Delay(subscriptions == 1 ? 700 : 100);
            var text = $"message {i}";
            var published = Stopwatch.GetTimestamp();
            await other.PublishToAsync($"t{(i + 1) % subscriptions}", text);
            long at;
            while (!handled.TryGetValue(text, out at))
            {
                await Task.Delay(1);
            }

            late.Add(Stopwatch.GetElapsedTime(published, at).TotalMilliseconds);
        }

        late.Sort();
        return late;
    }

    private static async Task<RedisMessageBus> ConnectAsync(string connection, string prefix, TransportKind transport, int topics) => await RedisMessageBus.ConnectAsync(connection, messaging =>
    {
        messaging.KeyPrefix = prefix;
        messaging.Application = "bench";
        for (var i = 0; i < topics; i++)
        {
            messaging.AddTopic<string>($"t{i}", transport);
        }
    });

    private static async Task<double> ServerSecondsAsync(IServer server)
    {
        var cpu = (await server.InfoAsync("cpu")).SelectMany(section => section).ToDictionary(pair => pair.Key, pair => pair.Value);
        return double.Parse(cpu["used_cpu_sys"], CultureInfo.InvariantCulture) + double.Parse(cpu["used_cpu_user"], CultureInfo.InvariantCulture);
    }

    private static long ManagedBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static long WorkingSetBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private sealed record Cost(double Client, double Server, double Managed, double WorkingSet, int Connections);
}
