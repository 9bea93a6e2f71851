using RedisMessaging;

namespace EventSourcing.Accounts;

/// <summary>Loads accounts and appends what happens to them.</summary>
internal sealed class AccountStore(IMessageBus bus)
{
    /// <summary>How many events may follow the last snapshot until there is another one.</summary>
    private const int SnapshotEvery = 50;

    private static readonly HistoryOptions NewestOnly = new() { Backwards = true, PageSize = 1 };

    /// <summary>From its last snapshot and the events that followed it.</summary>
    public async Task<Snapshot<Account>> LoadAsync(string number, CancellationToken cancellationToken = default) =>
        await BringUpToDateAsync(number, await LastSnapshotAsync(number, cancellationToken), cancellationToken);

    /// <summary>From the first event on.</summary>
    public Task<Snapshot<Account>> ReplayAsync(string number, CancellationToken cancellationToken = default) => BringUpToDateAsync(number, new Snapshot<Account>(new Account()), cancellationToken);

    /// <summary>Loads the account, lets decide what happens, and appends it; where somebody else was quicker, reads on and lets decide anew.</summary>
    /// <param name="decide">Returns the events, or throws an <see cref="AccountRuleException"/>. Called again after each conflict.</param>
    public async Task<Snapshot<Account>> ChangeAsync(string number, Func<Account, IReadOnlyList<AccountEvent>> decide, Action<VersionConflictException>? onConflict = null, CancellationToken cancellationToken = default)
    {
        var known = await LoadAsync(number, cancellationToken);
        while (true)
        {
            try
            {
                return await AppendAsync(number, known, decide(known.State), cancellationToken);
            }
            catch (VersionConflictException conflict)
            {
                onConflict?.Invoke(conflict);
                known = await BringUpToDateAsync(number, known, cancellationToken);
            }
        }
    }

    /// <summary>The newest snapshot; of an account that has none, or one that nobody can read any more, the state before the first event.</summary>
    public async Task<Snapshot<Account>> LastSnapshotAsync(string number, CancellationToken cancellationToken = default)
    {
        await foreach (var entry in bus.Topic(Ledger.SnapshotsOf(number)).AsStream().ReadHistoryAsync<Snapshot<Account>>(options: NewestOnly, cancellationToken: cancellationToken))
        {
            if (entry.TryGetMessage(out var snapshot))
            {
                return snapshot;
            }
        }

        return new Snapshot<Account>(new Account());
    }

    /// <exception cref="VersionConflictException">There are events that <paramref name="known"/> knows nothing of. Nothing was appended.</exception>
    private async Task<Snapshot<Account>> AppendAsync(string number, Snapshot<Account> known, IReadOnlyList<AccountEvent> events, CancellationToken cancellationToken)
    {
        // With an expected version all of them are appended or none, whenever this process dies.
        var appended = await bus.PublishManyAsync(Ledger.EventsOf(number), events, new PublishOptions { ExpectedVersion = known.Version }, cancellationToken);
        var next = new Snapshot<Account>(events.Aggregate(known.State, (account, happened) => account.Apply(happened)), appended[^1].Version!.Value, appended[^1].Position);

        // Two that come at the same time may be stored in the wrong order. The older one costs some events more when it is read, and nothing else.
        if (next.Position is not null && next.Version / SnapshotEvery > known.Version / SnapshotEvery)
        {
            await bus.PublishToAsync(Ledger.SnapshotsOf(number), next, cancellationToken: cancellationToken);
        }

        return next;
    }

    private Task<Snapshot<Account>> BringUpToDateAsync(string number, Snapshot<Account> known, CancellationToken cancellationToken) =>
        known.BringUpToDateAsync(bus.Topic(Ledger.EventsOf(number)), (account, happened) => account.Apply(happened), cancellationToken);
}
