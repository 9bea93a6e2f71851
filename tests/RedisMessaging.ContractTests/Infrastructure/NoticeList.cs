using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>An observer that keeps what it is notified of.</summary>
internal sealed class NoticeList : IDeadLetterObserver
{
    private readonly ConcurrentQueue<DeadLetterNotice> _notices = new();

    public IReadOnlyList<DeadLetterNotice> Notices => [.. _notices];

    public ValueTask OnDeadLetterAsync(DeadLetterNotice notice, CancellationToken cancellationToken)
    {
        _notices.Enqueue(notice);
        return ValueTask.CompletedTask;
    }

    public Task HasAsync(int count) => Eventually.TrueAsync(() => _notices.Count >= count, what: $"{count} notices; there are {_notices.Count}");
}
