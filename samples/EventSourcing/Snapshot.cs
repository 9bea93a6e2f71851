using EventSourcing.Accounts;
using RedisMessaging;

namespace EventSourcing;

/// <summary>What the events of one stream amount to, and up to which of them. Whatever it is kept in, it can be thrown away and made anew.</summary>
/// <param name="Version">How many events it was made from.</param>
/// <param name="Position">The last one of them; <see langword="null"/> when there was none.</param>
internal sealed record Snapshot<TState>(TState State, long Version = 0, string? Position = null)
{
    /// <summary>The same with what happened since.</summary>
    public async Task<Snapshot<TState>> BringUpToDateAsync(ITopic stream, Func<TState, AccountEvent, TState> apply, CancellationToken cancellationToken)
    {
        // The version before the events: what comes in between makes a conflict, and never a state that is older than its version.
        var now = await stream.AsStream().SummarizeHistoryAsync(cancellationToken);
        if (now.Version == Version)
        {
            return this;
        }

        var state = State;
        var from = Position is { } last ? HistoryPoint.After(last) : HistoryPoint.Beginning;
        await foreach (var entry in stream.AsStream().ReadHistoryAsync<AccountEvent>(from, to: now.Last!, cancellationToken: cancellationToken))
        {
            state = apply(state, entry.Message);
        }

        return new Snapshot<TState>(state, now.Version, now.Last);
    }
}
