using EventSourcing.Accounts;
using RedisMessaging;

namespace EventSourcing.Projection;

/// <summary>Keeps the table up to date with the streams. It handles every type of event: a handler of what they have in common is a handler of each.</summary>
internal sealed class BalanceProjection(IMessageBus bus, BalanceTable table) : IMessageHandler<AccountEvent>
{
    public const string Group = "balances";

    public async ValueTask HandleAsync(AccountEvent message, MessageContext context, CancellationToken cancellationToken)
    {
        // A group brings every event at least once, and after a crash behind later ones of its stream: adding it up as it comes would be wrong, and so would passing over what is below the
        // highest position. So an event says that there is something new, and what it is, is read in its order, from where the row is.
        var row = await table.FindAsync(context.Parameters["aggregateId"], cancellationToken);
        var next = await row.BringUpToDateAsync(bus.Topic(context.Channel), (balance, happened) => balance.After(happened), cancellationToken);
        if (next != row)
        {
            await table.SaveAsync(next, cancellationToken);
        }
    }
}
