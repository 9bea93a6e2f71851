using EventSourcing.Accounts;
using RedisMessaging;

namespace EventSourcing;

/// <summary>One account's events, read from the first to the last.</summary>
/// <param name="Lowest">The lowest balance that it ever had, from its first deposit on.</param>
/// <param name="Appends">Deposits and withdrawals, its opening left out.</param>
/// <param name="Halves">Withdrawals without their fee, fees without their withdrawal.</param>
internal sealed record Audit(string Number, Account Account, long Events, long Version, decimal Lowest, int Appends, int Halves)
{
    public static async Task<Audit> OfAsync(IMessageBus bus, string number)
    {
        var stream = bus.Topic(Ledger.EventsOf(number));
        var account = new Account();
        var (events, lowest, appends, halves) = (0L, decimal.MaxValue, 0, 0);
        AccountEvent? before = null;
        await foreach (var entry in stream.AsStream().ReadHistoryAsync<AccountEvent>())
        {
            account = account.Apply(entry.Message);
            lowest = entry.Message is AccountOpened ? lowest : Math.Min(lowest, account.Balance);
            halves += before is MoneyWithdrawn != entry.Message is FeeCharged ? 1 : 0;
            appends += entry.Message is MoneyWithdrawn || (entry.Message is MoneyDeposited && before is not AccountOpened) ? 1 : 0;
            before = entry.Message;
            events++;
        }

        return new Audit(number, account, events, (await stream.AsStream().SummarizeHistoryAsync()).Version, lowest, appends, halves + (before is MoneyWithdrawn ? 1 : 0));
    }
}
