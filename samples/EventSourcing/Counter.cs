using System.Globalization;
using EventSourcing.Accounts;
using EventSourcing.Projection;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;

namespace EventSourcing;

/// <summary>One thing at a time, by hand.</summary>
internal static class Counter
{
    public static async Task<bool> RunAsync(string[] args)
    {
        using var host = Ledger.Build();
        await host.StartAsync();
        var accounts = host.Services.GetRequiredService<AccountStore>();
        var table = host.Services.GetRequiredService<BalanceTable>();
        var bus = host.Services.GetRequiredService<IMessageBus>();
        await table.CreateAsync();
        try
        {
            switch (args)
            {
                case ["open", var number, var holder, var amount]:
                    Print(number, await accounts.ChangeAsync(number, account => account.Open(holder, AmountOf(amount))));
                    break;
                case ["deposit", var number, var amount]:
                    Print(number, await accounts.ChangeAsync(number, account => account.Deposit(AmountOf(amount))));
                    break;
                case ["withdraw", var number, var amount]:
                    Print(number, await accounts.ChangeAsync(number, account => account.Withdraw(AmountOf(amount))));
                    break;
                case ["show", var number]:
                    await ShowAsync(bus, accounts, number);
                    break;
                case ["balances"]:
                    Projector.Print(await table.ListAsync());
                    break;
                case ["rebuild"]:
                    await Projector.RebuildAsync(bus, table);
                    break;
                default:
                    Console.WriteLine("open NUMBER HOLDER AMOUNT | deposit NUMBER AMOUNT | withdraw NUMBER AMOUNT | show NUMBER | teller NAME | project | balances | rebuild");
                    return false;
            }
        }
        catch (Exception refused) when (refused is AccountRuleException or ConsumerGroupException)
        {
            Console.WriteLine($"refused: {refused.Message}");
            return false;
        }

        await host.StopAsync();
        return true;
    }

    /// <summary>What loading an account reads, with its snapshot and without.</summary>
    public static async Task<bool> CompareLoadsAsync(AccountStore accounts, string number)
    {
        var snapshot = await accounts.LastSnapshotAsync(number);
        var loaded = await accounts.LoadAsync(number);
        var replayed = await accounts.ReplayAsync(number);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {number}: snapshot at version {snapshot.Version}, {loaded.Version - snapshot.Version} events read behind it: {loaded.State.Balance:0.00}; without it {replayed.Version} events read: {replayed.State.Balance:0.00}"));
        return loaded == replayed;
    }

    private static async Task ShowAsync(IMessageBus bus, AccountStore accounts, string number)
    {
        await foreach (var entry in bus.Topic(Ledger.EventsOf(number)).AsStream().ReadHistoryAsync<AccountEvent>())
        {
            Console.WriteLine($"   {entry.StoredAt:HH:mm:ss.fff} {entry.Position} {entry.Message}");
        }

        await CompareLoadsAsync(accounts, number);
    }

    private static void Print(string number, Snapshot<Account> now) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} | {now.State.Holder} | balance {now.State.Balance:0.00} | version {now.Version}"));

    private static decimal AmountOf(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount > 0
            ? amount
            : throw new AccountRuleException($"'{text}' is no amount; one looks like 12.50");
}
