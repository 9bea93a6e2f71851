using RedisMessaging;

namespace Orders;

/// <summary>What somebody does who looks after the shop.</summary>
internal static class Operator
{
    /// <summary><c>Orders watch</c>.</summary>
    public static async Task WatchAsync(string[] args)
    {
        using var host = Shop.Build(args);
        await host.StartAsync();
        var board = new Board(new Overview(Shop.BusOf(host).Topic(Shop.Topic)));
        board.Say("Enter ends this.");
        await board.PrintUnlessLiveAsync();
        await board.ShowAsync(Console.In.ReadLineAsync());
        await host.StopAsync();
    }

    /// <summary><c>Orders add-product</c>.</summary>
    public static async Task AddProductAsync(string product, int quantity, string[] args)
    {
        using var host = Shop.Build(args);
        await AddProductAsync(Shop.DataOf(host), product, quantity);
        Console.WriteLine($"{product} is in the catalogue.");
    }

    /// <summary><c>Orders redrive</c>.</summary>
    public static async Task RedriveAsync(string[] args)
    {
        using var host = Shop.Build(args);
        await host.StartAsync();
        await RedriveAsync(Shop.BusOf(host).Topic(Shop.Topic).DeadLetters, Console.WriteLine);
        await host.StopAsync();
    }

    public static async Task AddProductAsync(DataFolder data, string product, int quantity)
    {
        var inventory = StepDatabase.Open(data.DatabaseOf(Steps.Inventory), Steps.Inventory.Schema!);
        await inventory.OnceAsync(
            "INSERT INTO stock (product, quantity) VALUES (@product, 0) ON CONFLICT (product) DO UPDATE SET quantity = quantity",
            "UPDATE stock SET quantity = quantity + @quantity WHERE product = @product",
            [[("@product", product), ("@quantity", quantity)]],
            CancellationToken.None);
    }

    /// <summary>Says why each was kept aside, and gives them back to the groups that failed with them, and to no other.</summary>
    public static async Task<long> RedriveAsync(IDeadLetters deadLetters, Action<string> say)
    {
        await ListAsync(deadLetters, say);
        var redriven = await deadLetters.RedriveAllAsync();
        say($"   redriven: {redriven}");
        return redriven;
    }

    public static async Task ListAsync(IDeadLetters deadLetters, Action<string> say)
    {
        foreach (var letter in await deadLetters.PeekAsync(count: 1_000))
        {
            say($"   {letter.MessageId} of {letter.Group}: {letter.Reason} after {letter.Attempts} attempts, {letter.Detail}");
        }
    }
}
