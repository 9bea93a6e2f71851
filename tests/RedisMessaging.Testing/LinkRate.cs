using System.Diagnostics;

namespace RedisMessaging.Testing;

/// <summary>One direction of a <see cref="FaultProxy"/>: counts what it carries, and makes it take its time.</summary>
internal sealed class LinkRate
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _freeAt;
    private long _carried;

    public long Carried => Interlocked.Read(ref _carried);

    /// <summary>Ends when the bytes are through: behind all that came before them on any link.</summary>
    public Task CarryAsync(int bytes, long perSecond)
    {
        Interlocked.Add(ref _carried, bytes);
        if (perSecond <= 0)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (_lock)
        {
            var now = _clock.Elapsed;
            _freeAt = (_freeAt > now ? _freeAt : now) + TimeSpan.FromSeconds((double)bytes / perSecond);
            wait = _freeAt - now;
        }

        return wait < Shortest ? Task.CompletedTask : Task.Delay(wait);
    }
}
