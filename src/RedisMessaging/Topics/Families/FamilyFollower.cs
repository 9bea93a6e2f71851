using System.Threading.Channels;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Transports.Streams.Reading;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// Follows a family's registry: woken by its wake signal, and by a timer in case a signal or the registry was lost. Members that the
/// registry has lost are registered again.
/// </summary>
internal sealed class FamilyFollower : IAsyncDisposable
{
    private static readonly TimeSpan SlowInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IntervalWithoutSignal = TimeSpan.FromSeconds(3);

    private readonly ConsumerIdentity _identity;
    private readonly FamilyRegistry _registry;
    private readonly WakeSignalHub _signals;
    private readonly Action<RegisteredMember> _found;
    private readonly BusServices _bus;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff;
    private readonly ITimer _timer;
    private double _last = double.NegativeInfinity;
    private long _checkedAt;
    private WakeSignal? _signal;
    private Task _running = Task.CompletedTask;

    /// <param name="found">Called for each new member.</param>
    public FamilyFollower(
        ConsumerIdentity identity,
        FamilyRegistry registry,
        WakeSignalHub signals,
        Action<RegisteredMember> found,
        BusServices bus)
    {
        _identity = identity;
        _registry = registry;
        _signals = signals;
        _found = found;
        _bus = bus;
        _backoff = new Backoff(bus.Time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        _timer = BackgroundLoop.CreateTimer(bus.Time, () => _wake.Writer.TryWrite(true));
        _checkedAt = bus.Time.GetTimestamp();
    }

    /// <summary>Finds the members there are.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _signal = _signals.Watch(_registry.Signal, () => _wake.Writer.TryWrite(true));
        await ReadNewAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Follows the registry from now on.</summary>
    public void Start() =>
        _running = BackgroundLoop.StartLasting(nameof(FamilyFollower), _bus.Logger, RunAsync, () => _stop.IsCancellationRequested);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_signal is not null)
        {
            _signals.Forget(_signal);
        }

        await _running.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _timer.Change(_signal is { IsDenied: true } ? IntervalWithoutSignal : SlowInterval, Timeout.InfiniteTimeSpan);
                await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                await ReadNewAsync(_stop.Token).ConfigureAwait(false);
                if (_bus.Time.GetElapsedTime(_checkedAt) >= SlowInterval * 0.9)
                {
                    await CheckAsync().ConfigureAwait(false);
                    _checkedAt = _bus.Time.GetTimestamp();
                }

                _backoff.Reset();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception error) when (BusDisposed.IsTold(error))
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: a follower that died would leave new members unread.
                await RecoverAsync(error).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadNewAsync(CancellationToken cancellationToken)
    {
        while (await ReadPageAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } page)
        {
            Note(page);
            _last = page[^1].Number;
        }
    }

    private async Task<IReadOnlyList<RegisteredMember>> ReadPageAsync(CancellationToken cancellationToken)
    {
        var page = await _registry.ReadPageAsync(_last, cancellationToken).ConfigureAwait(false);
        if (page.Count > 0 || await _registry.ReadLastNumberAsync(cancellationToken).ConfigureAwait(false) >= _last)
        {
            return page;
        }

        // The registry was lost and written again by a server whose clock is behind: its numbers are lower, with perhaps as many members as
        // before.
        Log.RegistryBeginsAgain(_bus.Logger, _identity.Topic);
        _last = double.NegativeInfinity;
        return await _registry.ReadPageAsync(_last, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks whether the registry still has every member that is known.</summary>
    private async Task CheckAsync()
    {
        if (await _registry.CountAsync(_stop.Token).ConfigureAwait(false) == _known.Count)
        {
            return;
        }

        var all = await _registry.ReadAllAsync(_stop.Token).ConfigureAwait(false);
        Note(all);
        var lost = _known.Except(all.Select(member => member.Name), StringComparer.Ordinal).ToList();
        if (lost.Count > 0)
        {
            Log.MembersRegisteredAgain(_bus.Logger, _identity.Topic, lost.Count);
            await _registry.RegisterAsync(lost, _stop.Token).ConfigureAwait(false);
        }
    }

    private void Note(IEnumerable<RegisteredMember> members)
    {
        foreach (var member in members)
        {
            if (_known.Add(member.Name))
            {
                _found(member);
            }
        }
    }

    private async Task RecoverAsync(Exception error)
    {
        _bus.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(_identity.Topic, _identity.Group));
        if (_backoff.IsReset)
        {
            Log.RegistryUnread(_bus.Logger, _identity.Topic, _identity.Group, error);
        }

        try
        {
            await _backoff.WaitAsync(_stop.Token).ConfigureAwait(false);
            _wake.Writer.TryWrite(true);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
