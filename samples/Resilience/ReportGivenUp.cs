using RedisMessaging;

namespace Resilience;

/// <summary>Is called once the dead letter of a message is written.</summary>
internal sealed class ReportGivenUp(Ledger ledger) : IDeadLetterObserver
{
    public ValueTask OnDeadLetterAsync(DeadLetterNotice notice, CancellationToken cancellationToken)
    {
        var order = (notice.Message as Charge)?.Order;
        Console.WriteLine($"given up | order {order} | {notice.Reason}, attempt {notice.Attempts}");
        ledger.GiveUp($"{order}");
        return ValueTask.CompletedTask;
    }
}
