using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using RedisMessaging;
using Samples;

namespace Orders;

/// <summary>Everything that can go wrong, one after the other, with the workers as the processes they are.</summary>
internal sealed class Story : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly ITopic _topic;
    private readonly DataFolder _data;
    private readonly MailGateway _gateway;
    private readonly Overview _overview;
    private readonly Board _board;
    private readonly ConcurrentDictionary<Step, ChildProgram> _workers = [];
    private readonly int _orders;
    private int _paid;
    private int _again;

    private Story(IHost host)
    {
        _topic = Shop.BusOf(host).Topic(Shop.Topic);
        _data = Shop.DataOf(host);
        _gateway = new MailGateway(_data);
        _overview = new Overview(_topic);
        _board = new Board(_overview);
        _orders = Shop.SettingsOf(host).GetValue<int>("Orders");
    }

    public static async Task<bool> RunAsync(string[] args)
    {
        using var host = Shop.Build(args);
        var settings = Shop.SettingsOf(host);
        if (settings.GetValue<int>("Orders") < 12)
        {
            Console.WriteLine("It takes twelve orders: the twelfth is for the product that the inventory lacks.");
            return false;
        }

        await KeyCleaner.RemoveAsync(settings["RedisMessaging:Connection"]!, settings["RedisMessaging:KeyPrefix"]!);
        await host.StartAsync();
        var story = new Story(host);
        await using (story)
        {
            await story._board.ShowAsync(story.TellAsync());
        }

        Console.WriteLine($"== What came of it, by Redis and by the databases in {story._data}");
        var holds = await new Proof(story._data, story._orders).PrintAsync(await story._overview.ReadAsync(), story._again);
        Console.WriteLine(holds ? "All as promised." : "That is not what was promised.");
        await host.StopAsync();
        return holds;
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_workers.Values.Select(worker => worker.DisposeAsync().AsTask()));

    private async Task TellAsync()
    {
        _data.Clear();
        _gateway.GoDown();
        var isMissing = Enumerable.Range(1, _orders).Count(number => OrderBook.Order(number).Product == OrderBook.NewProduct);

        _board.Say($"== Six steps, a group and a worker each, and {_orders} orders. The mail gateway is down, and nobody told the inventory of the new product {OrderBook.NewProduct}");
        var diesAt = _orders / 4;
        await Task.WhenAll(Steps.FromTheStart.Select(step => StartAsync(step, step == Steps.Payment ? ["--" + TakePayment.DieAfterCommitOf, $"{diesAt}"] : [])));
        var placing = ChildProgram.RunAsync(["place", "--orders", $"{_orders}"], _ => { });

        await _workers[Steps.Payment].Ended.WaitAsync(Longest);
        _board.Say($"== The payment worker died when order {diesAt} was paid and not yet acked. A new one goes on");
        await _board.PrintUnlessLiveAsync();
        await StartAsync(Steps.Payment);

        await Patience.UntilAsync(() => _paid >= _orders * 2 / 3, "two thirds are paid");
        await _workers[Steps.Payment].KillAsync();
        _board.Say($"== The new one is killed (SIGKILL) at {_paid} payments, somewhere in its work. The other groups don't notice");
        await _board.PrintUnlessLiveAsync();
        await StartAsync(Steps.Payment);

        await placing;
        await Patience.UntilAsync(async () => (await RowAsync(Steps.Inventory)).Dead == isMissing, "what the inventory can't handle is kept aside");
        _gateway.ComeUp();
        _board.Say("== The mail gateway is up again: what waited for it in Redis is sent, by another attempt");
        await Patience.UntilAsync(async () => (await _overview.ReadAsync()).All(row => row.IsThrough), "every group is through");
        await _board.PrintUnlessLiveAsync();

        _board.Say($"== What the inventory gave up on lies among the dead letters. {OrderBook.NewProduct} is added to its catalogue, and they are redriven");
        await Operator.AddProductAsync(_data, OrderBook.NewProduct, 100);
        await Operator.RedriveAsync(_topic.DeadLetters, _board.Say);
        await Patience.UntilAsync(async () => (await RowAsync(Steps.Inventory)).Handled == _orders, "the inventory has handled what was redriven");

        _board.Say("== A seventh step is added, which wants to know all orders there ever were: fraud");
        await StartAsync(Steps.Fraud);
        await Patience.UntilAsync(async () => (await RowAsync(Steps.Fraud)).Handled == _orders, "the new group has read the history");
        await _board.PrintUnlessLiveAsync();
    }

    private async Task StartAsync(Step step, params IEnumerable<string> settings)
    {
        if (_workers.TryRemove(step, out var dead))
        {
            await dead.DisposeAsync();
        }

        _workers[step] = await ChildProgram.StartAsync(["worker", step.Name, "--data", $"{_data}", .. settings], Worker.Ready, Hear);
    }

    private void Hear(string line)
    {
        if (line.StartsWith(TakePayment.Paid, StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _paid);
        }
        else if (line.StartsWith(TakePayment.Again, StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _again);
            _board.Say($"   payment | {line}");
        }
    }

    private async Task<GroupRow> RowAsync(Step step) => (await _overview.ReadAsync()).Single(row => row.Name == step.Name);
}
