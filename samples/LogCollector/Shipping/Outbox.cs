using System.Threading.Channels;

namespace LogCollector.Shipping;

/// <summary>Between a program that logs and the bus: bounded, and never in the program's way. While Redis is away the oldest lines are dropped, and counted.</summary>
internal sealed class Outbox
{
    private const int Capacity = 10_000;

    private readonly Channel<LogLine> _lines;
    private long _dropped;

    public Outbox() =>
        _lines = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Drop(1));

    public ChannelReader<LogLine> Lines => _lines.Reader;

    public void Add(LogLine line) => _lines.Writer.TryWrite(line);

    public void Drop(long count) => Interlocked.Add(ref _dropped, count);

    /// <summary>How many were dropped since it was asked last.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    public void Close() => _lines.Writer.TryComplete();
}
