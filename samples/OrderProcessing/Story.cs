using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using RedisMessaging;
using Samples;

namespace OrderProcessing;

/// <summary>Producers and workers as the processes they are. One worker is killed in the middle, and what it held goes to the others.</summary>
internal sealed class Story(IMessageBus bus, IConfiguration settings)
{
    private const string Victim = "worker 2";

    private static readonly string[] Producers = ["web", "phone"];

    private readonly IConsumerGroups _groups = bus.Topic(Shop.Topic).AsStream().Groups;
    private readonly Dictionary<string, string> _names = [];
    private readonly Progress _progress = new();

    public static async Task<bool> RunAsync(string[] args)
    {
        using var host = Shop.Build(args);
        var settings = Shop.SettingsOf(host);
        if (settings.GetValue<int>("Workers") < 2 || settings.GetValue<int>("Orders") < 10 * settings.GetValue<int>("Workers"))
        {
            Console.WriteLine("It takes two workers, for one to be killed, and ten orders for each.");
            return false;
        }

        await KeyCleaner.RemoveAsync(settings["RedisMessaging:Connection"]!, settings["RedisMessaging:KeyPrefix"]!);
        await host.StartAsync();
        var isAsPromised = await new Story(Shop.BusOf(host), settings).RunAsync();
        await host.StopAsync();
        return isAsPromised;
    }

    private async Task<bool> RunAsync()
    {
        var orders = settings.GetValue<int>("Orders");
        var lease = settings.GetValue<TimeSpan>($"RedisMessaging:Topics:{Shop.Topic}:Lease");
        var view = new PendingView(_groups, _names);
        var workers = new Dictionary<string, ChildProgram>();
        for (var i = 1; i <= settings.GetValue<int>("Workers"); i++)
        {
            workers[$"worker {i}"] = await StartWorkerAsync($"worker {i}");
        }

        Console.WriteLine($"== {workers.Count} workers of one group, {Producers.Length} producers, {orders} orders");
        var producing = Task.WhenAll(Producers.Select((producer, i) => ProduceAsync(producer, (orders + i) / Producers.Length)));

        await Patience.UntilAsync(() => _progress.BegunBy(Victim) >= 3, $"{Victim} has begun its third order");
        Console.WriteLine("== In the middle of it: each worker holds what it handles and what it has prefetched");
        await view.PrintAsync();

        var consumer = _names.Single(name => name.Value == Victim).Key;
        await workers[Victim].KillAsync();
        var held = (await _groups.PeekPendingAsync(Shop.Group)).Where(message => message.Consumer == consumer).Select(message => message.Position).ToHashSet();
        await Patience.UntilAsync(async () => !(await HeldAsync(held)).Any(message => message.Consumer == consumer && message.Idle < lease / 4), "a quarter of the lease is over");
        Console.WriteLine($"== {Victim} was killed with {held.Count} orders in its hands. They stay its own while its lease of {lease.TotalSeconds:0.#} s lasts");
        await view.PrintAsync(held);

        await Patience.UntilAsync(async () => (await HeldAsync(held)) is var now && (now.Count == 0 || now.Any(message => message.Consumer != consumer)), "another worker takes over");
        Console.WriteLine("== The lease is over: the others take its orders over, the second delivery of each");
        await view.PrintAsync(held);

        await producing;
        await Patience.UntilAsync(async () => _progress.Handled().Count == orders && (await _groups.ListAsync()).Single() is { Lag: 0, Pending: 0, Retrying: 0 }, "all orders are handled");
        Console.WriteLine("== All is handled");
        await view.PrintAsync();
        foreach (var worker in workers.Values)
        {
            await worker.DisposeAsync();
        }

        return Sum(orders, workers.Keys, held);
    }

    private async Task<ChildProgram> StartWorkerAsync(string name)
    {
        // The application's name is what CLIENT LIST has for it.
        var worker = await ChildProgram.StartAsync(["work", "--RedisMessaging:Application", name, "--WorkTime", settings["WorkTime"]!], Worker.Ready, line => _progress.Hear(name, line));
        foreach (var consumer in await _groups.ListConsumersAsync(Shop.Group))
        {
            // One after the other: who is new is this one.
            _names.TryAdd(consumer.Name, name);
        }

        return worker;
    }

    private static Task ProduceAsync(string producer, int orders) =>
        ChildProgram.RunAsync(["produce", "--Name", producer, "--Orders", $"{orders}"], line => Console.WriteLine($"   {line}"));

    private async Task<IReadOnlyList<PendingMessage>> HeldAsync(HashSet<string> held) =>
        [.. (await _groups.PeekPendingAsync(Shop.Group)).Where(message => held.Contains(message.Position))];

    private bool Sum(int orders, IEnumerable<string> workers, HashSet<string> held)
    {
        var handled = _progress.Handled();
        var reclaimed = handled.SelectMany(ends => ends).Where(end => end.Worker != Victim && held.Contains(end.Position)).DistinctBy(end => end.Position).ToList();
        Console.WriteLine();
        Console.WriteLine($"{"",-10} {"handled",7} {"reclaimed",9}");
        foreach (var worker in workers)
        {
            var own = handled.SelectMany(ends => ends).Count(end => end.Worker == worker);
            Console.WriteLine(worker == Victim ? $"{worker,-10} {own,7} {"killed",9}" : $"{worker,-10} {own,7} {reclaimed.Count(end => end.Worker == worker),9}");
        }

        var lost = orders - handled.Count;
        // Killed between the work and its ack: at least once is what a stream promises.
        var doubled = handled.Count(ends => ends.Count() > 1);
        Console.WriteLine($"reclaimed from {Victim}: {string.Join(", ", reclaimed.Select(end => $"{end.Number} by {end.Worker}"))}");
        Console.WriteLine($"handled {handled.Count} of {orders}, reclaimed {reclaimed.Count} of {held.Count}, doubled {doubled}, lost {lost}");
        return lost == 0 && held.Count > 0 && reclaimed.Count == held.Count;
    }
}
