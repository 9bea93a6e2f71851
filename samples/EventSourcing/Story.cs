using System.Diagnostics;
using System.Globalization;
using EventSourcing.Accounts;
using EventSourcing.Projection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;
using Samples;

namespace EventSourcing;

/// <summary>Has several tellers work on the same accounts, kills one, and checks what came of it.</summary>
internal static class Story
{
    private const int Enough = 400;

    private static readonly (string Number, string Holder)[] Customers = [("110-001", "김서연"), ("110-002", "박지훈"), ("110-003", "이하은")];

    public static async Task<bool> RunAsync()
    {
        using var host = Ledger.Build();
        var settings = host.Services.GetRequiredService<IConfiguration>().GetSection("RedisMessaging");
        await KeyCleaner.RemoveAsync(settings["Connection"]!, settings["KeyPrefix"]!);
        var table = host.Services.GetRequiredService<BalanceTable>();
        await table.CreateAsync();
        await table.ClearAsync();
        await host.StartAsync();
        var bus = host.Services.GetRequiredService<IMessageBus>();
        var accounts = host.Services.GetRequiredService<AccountStore>();

        Console.WriteLine("== Three accounts are opened, each with a first deposit: two events in one step");
        foreach (var (number, holder) in Customers)
        {
            var opened = await accounts.ChangeAsync(number, account => account.Open(holder, 500));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {number} {holder}: {opened.State.Balance:0.00}, version {opened.Version}"));
        }

        Console.WriteLine("== Three tellers work on them at the same time");
        await using var tellers = new Tellers();
        await tellers.KillOneAsync();
        await CrashProjectorAsync(bus);
        await using var projector = await ProjectorProcess.StartAsync();
        var heard = await tellers.FinishAsync(Enough);

        Console.WriteLine("== The events, read from the first to the last");
        var isSound = await AuditAsync(bus, heard);

        Console.WriteLine("== What a snapshot saves");
        foreach (var (number, _) in Customers)
        {
            isSound &= await Counter.CompareLoadsAsync(accounts, number);
        }

        isSound &= await ProjectAsync(bus, accounts, table);
        Console.WriteLine(isSound ? "all as it should be" : "WRONG: see above");
        await host.StopAsync();
        return isSound;
    }

    /// <summary>One that has much to do, so that it dies with something in hand.</summary>
    private static async Task CrashProjectorAsync(IMessageBus bus)
    {
        await using var projector = await ProjectorProcess.StartAsync();
        await Patience.UntilAsync(async () => await Projector.CountPendingAsync(bus) > 20, "a projector that has something in hand");
        await projector.KillAsync();
        Console.WriteLine($"   a projector starts, and is killed with {await Projector.CountPendingAsync(bus)} events in hand; another one comes");
    }

    private static async Task<bool> AuditAsync(IMessageBus bus, int heard)
    {
        var audits = new List<Audit>();
        foreach (var (number, _) in Customers)
        {
            var audit = await Audit.OfAsync(bus, number);
            audits.Add(audit);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {number} {audit.Account.Holder}: version {audit.Version}, {audit.Events} events, balance {audit.Account.Balance:0.00}, never below {audit.Lowest:0.00}"));
        }

        var (appends, halves) = (audits.Sum(audit => audit.Appends), audits.Sum(audit => audit.Halves));
        Console.WriteLine($"   {appends} deposits and withdrawals stand there, {heard} of them heard of: what the killed teller did last, it may not have lived to say");
        Console.WriteLine($"   {halves} withdrawals without their fee: what is appended together is there or it is not");
        return halves == 0 && appends - heard is 0 or 1 && audits.TrueForAll(audit => audit.Lowest >= 0 && audit.Events == audit.Version);
    }

    private static async Task<bool> ProjectAsync(IMessageBus bus, AccountStore accounts, BalanceTable table)
    {
        Console.WriteLine("== The projection: what the killed projector held comes back when its lease is over");
        await Patience.UntilAsync(() => Projector.IsUpToDateAsync(bus), "the projection to be up to date");
        var kept = await table.ListAsync();
        Projector.Print(kept);
        var isTrue = kept.Count == Customers.Length;
        foreach (var row in kept)
        {
            var replayed = await accounts.ReplayAsync(row.State.Number);
            isTrue &= (row.State.Balance, row.State.Holder, row.Version) == (replayed.State.Balance, replayed.State.Holder, replayed.Version);
        }

        Console.WriteLine($"   {(isTrue ? "the same as the events say" : "WRONG: the events say something else")}");

        Console.WriteLine("== The projection is cleared and its group rewound to the first event");
        var since = Stopwatch.StartNew();
        await Projector.RebuildAsync(bus, table);
        await Patience.UntilAsync(() => Projector.IsUpToDateAsync(bus), "the projection to be rebuilt");
        var isSame = kept.SequenceEqual(await table.ListAsync());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {kept.Sum(row => row.Version)} events handled again in {since.Elapsed.TotalSeconds:0.0} s: {(isSame ? "the same rows" : "WRONG: other rows")}"));
        return isTrue && isSame;
    }
}
