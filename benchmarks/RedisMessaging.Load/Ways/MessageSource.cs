using System.Diagnostics;
using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Ways;

/// <summary>What callers take their messages from, until so many are taken or the time is over.</summary>
internal sealed class MessageSource(long messages, TimeSpan time, int bytes = 256)
{
    private readonly long _end = time == Timeout.InfiniteTimeSpan ? long.MaxValue : Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    private long _taken;

    public long Taken => Math.Min(Interlocked.Read(ref _taken), messages);

    public bool TryTake()
    {
        if (_end != long.MaxValue && Stopwatch.GetTimestamp() >= _end)
        {
            return false;
        }

        return Interlocked.Increment(ref _taken) <= messages;
    }

    public LoadMessage Create() => LoadMessage.Create(Stopwatch.GetTimestamp(), bytes);

    public static MessageSource Of(long messages, int bytes = 256) => new(messages, Timeout.InfiniteTimeSpan, bytes);

    public static MessageSource For(TimeSpan time, int bytes = 256) => new(long.MaxValue, time, bytes);
}
