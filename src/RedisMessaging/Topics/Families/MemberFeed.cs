using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// One member of a family that is subscribed to: its receiver, the loop that reads from it, and what it has read and nobody has taken yet. It reads again when that is gone, so one that
/// is busy gets ahead of itself by one read. What goes wrong with it is its own affair.
/// </summary>
internal sealed class MemberFeed(string name, FamilyReceiver owner, Func<CancellationToken, ValueTask<IReceiver>> open, ConsumerIdentity identity, TimeProvider time, ILogger logger, Instruments instruments) : IAsyncDisposable
{
    /// <summary>What a read asks for at least: with many members idle, this much of each may arrive at once.</summary>
    private const int Least = 2;

    /// <summary>The same in bytes: of larger ones it is one.</summary>
    private const long LeastBytes = 64 * 1024;

    /// <summary>How often a paused member is asked for what arrived all the same, and shows life.</summary>
    private static readonly TimeSpan PausedLook = TimeSpan.FromSeconds(1);

    private readonly Backoff _backoff = new(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    private readonly SemaphoreSlim _drained = new(0);

    private volatile IReceiver? _receiver;
    private Task _running = Task.CompletedTask;

    public string Name => name;

    /// <summary>Read and not taken. Guarded by its owner's lock.</summary>
    public Queue<Delivery> Ready { get; } = new();

    public IReceiver? Receiver => _receiver;

    /// <summary>Opens its receiver, the first time; a failure is the caller's to judge, and the loop tries again.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) => _receiver = await open(cancellationToken).ConfigureAwait(false);

    public void Start(CancellationToken stop) => _running = BackgroundLoop.StartLasting(nameof(MemberFeed), logger, () => RunAsync(stop), () => stop.IsCancellationRequested);

    /// <summary>What was ready is taken.</summary>
    public void NoteDrained() => _drained.Release();

    public Task EndedAsync() => _running;

    public async ValueTask DisposeAsync()
    {
        if (_receiver is { } receiver)
        {
            await receiver.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Logs what went wrong with it, while the others go on.</summary>
    public void NoteFault(Exception error)
    {
        instruments.ReceiveFaults.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
        Log.MemberFailed(logger, name, identity.Topic, identity.Group, error);
    }

    private async Task<int> ReadAsync(Memory<Delivery> buffer, long bytes, CancellationToken stop)
    {
        var reading = owner.Reading;
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
            await Task.WhenAny(owner.Resumed, Task.Delay(PausedLook, time, stop)).ConfigureAwait(false);
        }

        return own;
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var buffer = Array.Empty<Delivery>();
        var wanted = Least;
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

                extra = owner.TakeExtra(wanted - Least);
                extraBytes = extra > 0 ? owner.TakeExtraBytes(ReadSize.MostBytes) : 0;
                var asked = Least + extra;
                buffer = buffer.Length >= asked ? buffer : new Delivery[asked];
                var received = await ReadAsync(buffer.AsMemory(0, asked), LeastBytes + extraBytes, stop).ConfigureAwait(false);
                if (received == 0)
                {
                    continue;
                }

                _backoff.Reset();
                // One that has more asks for more: reads in a row cost a round trip each.
                wanted = received < asked ? Least : 2 * asked;
                owner.Deliver(this, buffer.AsSpan(0, received));
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
                owner.ReturnExtra(extra, extraBytes);
            }
        }
    }
}
