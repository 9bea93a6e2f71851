using System.Globalization;
using EventSourcing.Accounts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace EventSourcing;

/// <summary><c>EventSourcing teller</c>: deposits to and withdraws from whatever accounts there are, as others do at the same time, until it is told to stop.</summary>
internal static class Teller
{
    public const string Conflict = "conflict";
    public const string Refused = "refused";
    public const string Appended = "appended";

    public static async Task RunAsync(string name)
    {
        using var host = Ledger.Build();
        await host.StartAsync();
        var accounts = host.Services.GetRequiredService<AccountStore>();
        var numbers = await NumbersAsync(host).ToListAsync();
        if (numbers.Count == 0)
        {
            Console.WriteLine("there is no account yet: open one first");
        }

        var told = Task.Run(Console.ReadLine);
        while (numbers.Count > 0 && !told.IsCompleted)
        {
            await ServeAsync(accounts, name, numbers[Random.Shared.Next(numbers.Count)]);
            await Task.Delay(Random.Shared.Next(5));
        }

        await host.StopAsync();
    }

    private static async IAsyncEnumerable<string> NumbersAsync(IHost host)
    {
        await foreach (var stream in host.Services.GetRequiredService<IMessageBus>().Topic(Ledger.Events).AsFamily().ListMembersAsync())
        {
            yield return stream[Ledger.EventsOf("").Length..];
        }
    }

    private static async Task ServeAsync(AccountStore accounts, string name, string number)
    {
        var amount = Random.Shared.Next(100, 10_000) / 100m;
        // More is withdrawn than deposited, so that accounts are mostly near to nothing.
        var deposits = Random.Shared.Next(3) == 0;
        try
        {
            var now = await accounts.ChangeAsync(
                number,
                account => deposits ? account.Deposit(amount) : account.Withdraw(amount),
                conflict => Console.WriteLine($"{name} | {number} | {Conflict}: expected version {conflict.ExpectedVersion}, it is {conflict.ActualVersion} by now; reads on and decides anew"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} | {number} | {Appended}: {(deposits ? "deposit" : "withdrawal")} of {amount:0.00}, balance {now.State.Balance:0.00}, version {now.Version}"));
        }
        catch (AccountRuleException refusal)
        {
            Console.WriteLine($"{name} | {number} | {Refused}: {refusal.Message}");
        }
    }
}
