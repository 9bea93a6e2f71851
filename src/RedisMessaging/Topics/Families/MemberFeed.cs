using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// One member of a family that a consumer reads: its receiver, the loop that reads from it, and what was read and not taken. It reads again
/// once that is taken, so a busy member is ahead by one read. Its faults concern no other member.
/// </summary>
internal sealed class MemberFeed(
    string name,
    FeedCoordination coordination,
    Func<CancellationToken, ValueTask<IReceiver>> open,
    ConsumerIdentity identity,
    BusServices bus) : IAsyncDisposable
{
    /// <summary>The minimum of a read: with many members idle, this much of each may arrive at once.</summary>
    private const int MinMessages = 2;

    /// <summary>The same in bytes: a larger message is read alone.</summary>
    private const long MinBytes = 64 * 1024;

    /// <summary>How often a paused member releases what arrived all the same, and shows life.</summary>
    private static readonly TimeSpan PausedInterval = TimeSpan.FromSeconds(1);

    private readonly Backoff _backoff = new(bus.Time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    private readonly SemaphoreSlim _drained = new(0);

    private volatile IReceiver? _receiver;
    private Task _running = Task.CompletedTask;

    public string Name => name;

    /// <summary>Read and not taken. Used by <see cref="FairQueue"/> alone, under its lock.</summary>
    public Queue<Delivery> Ready { get; } = new();

    public IReceiver? Receiver => _receiver;

    /// <summary>Opens its receiver for the first time. The caller handles a failure, and the loop tries again.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) => _receiver = await open(cancellationToken).ConfigureAwait(false);

    public void Start(CancellationToken stop) =>
        _running = BackgroundLoop.StartLasting(nameof(MemberFeed), bus.Logger, () => RunAsync(stop), () => stop.IsCancellationRequested);

    /// <summary>Everything that was ready is taken.</summary>
    public void NoteDrained() => _drained.Release();

    public Task EndedAsync() => _running;

    /// <summary>Whether an error concerns this member alone, and not the connection.</summary>
    public static bool IsOwnFault(Exception error) => RedisErrors.IsRedisFault(error) && !RedisErrors.IsTransient(error);

    public async ValueTask DisposeAsync()
    {
        if (_receiver is { } receiver)
        {
            await receiver.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Logs a fault of this member alone.</summary>
    public void NoteFault(Exception error)
    {
        bus.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
        Log.MemberFailed(bus.Logger, name, identity.Topic, identity.Group, error);
    }

    private async Task<int> ReadAsync(Memory<Delivery> buffer, long bytes, CancellationToken stop)
    {
        var reading = coordination.Pause.Reading;
        if (!reading.IsCancellationRequested)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(reading, stop);
            try
            {
                return await _receiver!.ReceiveAsync(buffer, new ReceiveBounds(bytes), either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested && !stop.IsCancellationRequested)
            {
            }
        }

        var own = await _receiver!.ReceiveOwnAsync(buffer, stop).ConfigureAwait(false);
        if (own == 0)
        {
            await Task.WhenAny(coordination.Pause.Resumed, Task.Delay(PausedInterval, bus.Time, stop)).ConfigureAwait(false);
        }

        return own;
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var buffer = Array.Empty<Delivery>();
        var wanted = MinMessages;
        while (!stop.IsCancellationRequested)
        {
            var extra = 0;
            var extraBytes = 0L;
            try
            {
                if (_receiver is null)
                {
                    await OpenAsync(stop).ConfigureAwait(false);
                }

                extra = coordination.Budget.TakeMessages(wanted - MinMessages);
                extraBytes = extra > 0 ? coordination.Budget.TakeBytes(ReadSize.MostBytes) : 0;
                var asked = MinMessages + extra;
                buffer = buffer.Length >= asked ? buffer : new Delivery[asked];
                var received = await ReadAsync(buffer.AsMemory(0, asked), MinBytes + extraBytes, stop).ConfigureAwait(false);
                if (received == 0)
                {
                    continue;
                }

                _backoff.Reset();
                // A member that has more asks for more: reads in a row cost a round trip each.
                wanted = received < asked ? MinMessages : 2 * asked;
                coordination.Queue.Add(this, buffer.AsSpan(0, received));
                await _drained.WaitAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (BusDisposed.IsTold(error))
            {
                return;
            }
            catch (Exception error)
            {
                NoteFault(error);
                try
                {
                    await _backoff.WaitAsync(stop).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
            finally
            {
                coordination.Budget.Return(extra, extraBytes);
            }
        }
    }
}
