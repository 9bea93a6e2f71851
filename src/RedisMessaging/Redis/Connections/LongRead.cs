using RedisMessaging.Background;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// Shows now and then that a consumer is alive while one of its reads is under way: what a large reply brings over a slow link is leased
/// from when the server sent it, and is not known here before all of it has arrived.
/// </summary>
internal sealed class LongRead : IAsyncDisposable
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _interval;
    private readonly Func<Task> _showLife;
    private readonly ITimer _timer;
    private int _showing;

    /// <param name="lease">It is shown first after half of a lease, and then each third of one.</param>
    /// <param name="showLife">What shows it. Its failures are its own affair, and it is tried again.</param>
    public LongRead(TimeProvider time, TimeSpan lease, Func<Task> showLife)
    {
        _first = lease / 2;
        _interval = lease / 3;
        _showLife = showLife;
        _timer = BackgroundLoop.CreateTimer(time, Show);
    }

    /// <summary>A read is about to be sent.</summary>
    public void Begin() => _timer.Change(_first, _interval);

    /// <summary>Its reply is there, or it failed.</summary>
    public void End() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Show()
    {
        if (Interlocked.Exchange(ref _showing, 1) == 0)
        {
            _ = ShowAsync();
        }
    }

    private async Task ShowAsync()
    {
        try
        {
            await _showLife().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Until the next one: the read itself tells what is wrong with Redis.
        }
        finally
        {
            Volatile.Write(ref _showing, 0);
        }
    }
}
