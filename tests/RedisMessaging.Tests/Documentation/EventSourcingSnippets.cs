using System.Text.Json.Serialization;
using RedisMessaging.Topics;

// The code of docs/event-sourcing.md, compiled; ReadmeTests compares them.
namespace RedisMessaging.Tests.Documentation;

#region account-events
public abstract record AccountEvent;
public sealed record AccountOpened(string Owner) : AccountEvent;
public sealed record MoneyDeposited(decimal Amount) : AccountEvent;
public sealed record MoneyWithdrawn(decimal Amount) : AccountEvent;

[JsonSerializable(typeof(AccountOpened))]
[JsonSerializable(typeof(MoneyDeposited))]
[JsonSerializable(typeof(MoneyWithdrawn))]
internal sealed partial class AccountJson : JsonSerializerContext;

public sealed record Account(string Owner = "", decimal Balance = 0)
{
    public Account After(AccountEvent happened) => happened switch
    {
        AccountOpened opened => this with { Owner = opened.Owner },
        MoneyDeposited deposited => this with { Balance = Balance + deposited.Amount },
        MoneyWithdrawn withdrawn => this with { Balance = Balance - withdrawn.Amount },
        _ => throw new NotSupportedException($"No account knows of {happened.GetType().Name}."),
    };
}
#endregion

#region append-and-retry
public sealed class Accounts(IMessageBus bus)
{
    public async Task<Account> WithdrawAsync(string stream, decimal amount, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (account, version) = await LoadAsync(stream, cancellationToken);
            if (account.Balance < amount)
            {
                throw new InvalidOperationException($"{account.Owner} has only {account.Balance}.");
            }

            var happened = new MoneyWithdrawn(amount);
            try
            {
                await bus.PublishToAsync(stream, happened, new PublishOptions { ExpectedVersion = version }, cancellationToken);
                return account.After(happened);
            }
            catch (VersionConflictException)
            {
                // Somebody else was quicker, and maybe the money is gone: decide anew from what there is now.
            }
        }
    }

    private async Task<(Account Account, long Version)> LoadAsync(string stream, CancellationToken cancellationToken)
    {
        // The version before the events: what comes in between makes a conflict, and never an account that is older than its version.
        var topic = bus.Topic(stream);
        var now = await topic.AsStream().SummarizeHistoryAsync(cancellationToken);
        var account = new Account();
        if (now.Last is { } last)
        {
            await foreach (var entry in topic.AsStream().ReadHistoryAsync<AccountEvent>(to: last, cancellationToken: cancellationToken))
            {
                account = account.After(entry.Message);
            }
        }

        return (account, now.Version);
    }
}
#endregion

#region snapshot
public sealed record Snapshot(Account Account, long Version, string Position)
{
    public static async Task<Snapshot> BringUpToDateAsync(Snapshot old, ITopic topic, CancellationToken cancellationToken)
    {
        var now = await topic.AsStream().SummarizeHistoryAsync(cancellationToken);
        if (now.Version == old.Version)
        {
            return old;
        }

        var account = old.Account;
        await foreach (var entry in topic.AsStream().ReadHistoryAsync<AccountEvent>(from: HistoryPoint.After(old.Position), to: now.Last!, cancellationToken: cancellationToken))
        {
            account = account.After(entry.Message);
        }

        return new Snapshot(account, now.Version, now.Last!);
    }
}
#endregion

internal static class EventSourcingSnippets
{
    public static void Topic(RedisMessagingBuilder messaging)
    {
        #region event-stream
        messaging.UseJson(AccountJson.Default);
        messaging.AddStream("account-{number}", stream =>
        {
            stream.Retention = Retention.Forever;
            stream.Carries<AccountOpened>().Carries<MoneyDeposited>().Carries<MoneyWithdrawn>();
        });
        #endregion
    }

    public static async Task AppendAsync(IMessageBus bus)
    {
        #region append
        var opened = await bus.PublishToAsync("account-42", new AccountOpened("서연"), new PublishOptions { ExpectedVersion = 0 });
        await bus.PublishManyAsync<AccountEvent>("account-42", [new MoneyDeposited(100), new MoneyWithdrawn(30)], new PublishOptions { ExpectedVersion = opened.Version });
        #endregion
    }

    public static async Task AppendAgainAsync(IMessageBus bus)
    {
        #region expected-version
        var history = await bus.Topic("account-42").AsStream().SummarizeHistoryAsync();
        await bus.PublishToAsync("account-42", new MoneyWithdrawn(30), new PublishOptions { ExpectedVersion = history.Version });
        #endregion
    }

    public static async Task ProjectAsync(RedisMessagingBuilder messaging, IMessageBus bus, IBalances balances)
    {
        #region projection-handlers
        messaging.AddHandler<AccountOpened, BalanceProjection>(handler => handler.Group = "balances");
        messaging.AddHandler<MoneyDeposited, BalanceProjection>(handler => handler.Group = "balances");
        messaging.AddHandler<MoneyWithdrawn, BalanceProjection>(handler => handler.Group = "balances");

        // Later, to build it anew:
        await balances.ClearAsync();
        await bus.Topic("account-42").AsStream().Groups.SeekAsync("balances", HistoryPoint.Beginning);
        #endregion
    }

    public interface IBalances
    {
        /// <summary>The row as it is, or one of version 0 at position <c>0-0</c>.</summary>
        Task<Snapshot> FindAsync(string account, CancellationToken cancellationToken);

        Task SaveAsync(string account, Snapshot row, CancellationToken cancellationToken);

        Task ClearAsync();
    }

    #region projection
    public sealed class BalanceProjection(IMessageBus bus, IBalances balances) : IMessageHandler<AccountEvent>
    {
        public async ValueTask HandleAsync(AccountEvent message, MessageContext context, CancellationToken cancellationToken)
        {
            // The event says that there is something new. What it is, is read in its order, from where the row is.
            var row = await balances.FindAsync(context.Channel, cancellationToken);
            var now = await Snapshot.BringUpToDateAsync(row, bus.Topic(context.Channel), cancellationToken);

            // Version and position with the row, in one statement, and only where the version there is a lower one.
            await balances.SaveAsync(context.Channel, now, cancellationToken);
        }
    }
    #endregion
}
