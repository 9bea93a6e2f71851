using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;

namespace EventSourcing.Projection;

/// <summary><c>EventSourcing project</c>: a process that keeps the projection. There may be several; they share the events.</summary>
internal static class Projector
{
    public const string Projecting = "projecting";

    public static async Task RunAsync()
    {
        using var host = Ledger.Build(projects: true);
        await host.Services.GetRequiredService<BalanceTable>().CreateAsync();
        await host.StartAsync();
        Console.WriteLine(Projecting);
        await Task.Run(Console.ReadLine);
        await host.StopAsync();
    }

    /// <summary>Clears the table and has the group handle every event once more.</summary>
    public static async Task RebuildAsync(IMessageBus bus, BalanceTable table)
    {
        // Cleared first: what is handled in between fills its row from the beginning anyway.
        await table.ClearAsync();
        await foreach (var stream in bus.Topic(Ledger.Events).AsFamily().ListMembersAsync())
        {
            await bus.Topic(stream).AsStream().Groups.SeekAsync(BalanceProjection.Group, HistoryPoint.Beginning);
        }
    }

    /// <summary>Whether the group has handled every event that there is.</summary>
    public static async Task<bool> IsUpToDateAsync(IMessageBus bus) =>
        (await GroupsAsync(bus)).All(group => group is { Lag: 0, Pending: 0, Retrying: 0 });

    /// <summary>How many events the group's processes hold, those that are gone included.</summary>
    public static async Task<long> CountPendingAsync(IMessageBus bus) => (await GroupsAsync(bus)).Sum(group => group?.Pending ?? 0);

    /// <summary>The group of each stream; <see langword="null"/> where it has not come yet.</summary>
    private static async Task<IReadOnlyList<ConsumerGroupInfo?>> GroupsAsync(IMessageBus bus)
    {
        var groups = new List<ConsumerGroupInfo?>();
        await foreach (var stream in bus.Topic(Ledger.Events).AsFamily().ListMembersAsync())
        {
            groups.Add((await bus.Topic(stream).AsStream().Groups.ListAsync()).SingleOrDefault(group => group.Name == BalanceProjection.Group));
        }

        return groups;
    }

    public static void Print(IReadOnlyList<Snapshot<BalanceRow>> rows)
    {
        Console.WriteLine($"   {"account",-9} {"holder",-8} {"deposited",11} {"withdrawn",11} {"fees",9} {"balance",11} {"version",9}");
        foreach (var row in rows)
        {
            PrintRow(row.State.Number, row.State.Holder, row.State.Deposited, row.State.Withdrawn, row.State.Fees, row.State.Balance, row.Version);
        }

        PrintRow("total", "", rows.Sum(row => row.State.Deposited), rows.Sum(row => row.State.Withdrawn), rows.Sum(row => row.State.Fees), rows.Sum(row => row.State.Balance), rows.Sum(row => row.Version));
    }

    private static void PrintRow(string number, string holder, decimal deposited, decimal withdrawn, decimal fees, decimal balance, long version)
    {
        // A Korean syllable is two columns wide.
        var width = 8 - holder.Count(letter => letter is >= '가' and <= '힣');
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {number,-9} {holder.PadRight(width)} {deposited,11:0.00} {withdrawn,11:0.00} {fees,9:0.00} {balance,11:0.00} {version,9}"));
    }
}
