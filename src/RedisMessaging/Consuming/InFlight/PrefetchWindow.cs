using RedisMessaging.Configuration.Handlers;

namespace RedisMessaging.Consuming.InFlight;

/// <summary>
/// How many messages a consumer holds where code and configuration leave it open: as many as its handlers get through in
/// <see cref="Horizon"/>. Quick handlers do not wait for a read then, and slow ones keep no more messages from other consumers. It is
/// measured while the window is full: only then the handlers, and not the publishers, determine the pace.
/// </summary>
/// <param name="min">Enough for all handlers.</param>
internal sealed class PrefetchWindow(int start, int min, TimeProvider time)
{
    /// <summary>Much longer than a read takes, and short enough for another consumer to wait for.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromMilliseconds(100);

    private readonly int _max = Math.Max(min, ConsumerDefinition.MostPrefetchByDefault);
    private long _since;
    private int _heldThen;

    /// <summary>How many messages are held at the most.</summary>
    public int Size { get; private set; } = start;

    /// <returns><see langword="null"/> where the prefetch is given.</returns>
    public static PrefetchWindow? Of(ConsumerDefinition consumer, TimeProvider time) =>
        consumer.LeastPrefetch is { } min ? new PrefetchWindow(consumer.Prefetch, min, time) : null;

    /// <summary>The window is full.</summary>
    public void BeginWait(int held) => (_since, _heldThen) = (time.GetTimestamp(), held);

    /// <summary>There is room again.</summary>
    public void EndWait(int held)
    {
        var handled = _heldThen - held;
        if (handled <= 0)
        {
            return;
        }

        // Few messages say nothing of the others: what is new may be quick while what came back is slow.
        var mayGrow = handled >= Size / 4;
        // By a factor of two at the most: a single wait may be short or long by chance.
        var wanted = handled * (Horizon / time.GetElapsedTime(_since));
        Size = (int)Math.Clamp(wanted, Math.Max(min, Size / 2), Math.Max(min, Math.Min(mayGrow ? 2 * Size : Size, _max)));
    }
}
