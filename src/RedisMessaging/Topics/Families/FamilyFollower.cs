using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Transports.Streams.Reading;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// Follows a family's registry: woken by its bell, and looking by itself now and then, for a ring that was lost and a registry that was. What it knows and the registry has lost it
/// registers again.
/// </summary>
internal sealed class FamilyFollower : IAsyncDisposable
{
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookWithoutBell = TimeSpan.FromSeconds(3);

    private readonly ConsumerIdentity _identity;
    private readonly FamilyRegistry _registry;
    private readonly WakeSignalHub _bells;
    private readonly Action<RegisteredMember> _found;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff;
    private readonly ITimer _timer;
    private double _last = double.NegativeInfinity;
    private long _lookedAt;
    private WakeSignal? _bell;
    private Task _running = Task.CompletedTask;

    /// <param name="found">Called for each new member.</param>
    public FamilyFollower(ConsumerIdentity identity, FamilyRegistry registry, WakeSignalHub bells, Action<RegisteredMember> found, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _identity = identity;
        _registry = registry;
        _bells = bells;
        _found = found;
        _time = time;
        _logger = logger;
        _instruments = instruments;
        _backoff = new Backoff(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        _timer = BackgroundLoop.CreateTimer(time, () => _wake.Writer.TryWrite(true));
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Finds the members there are.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _bell = _bells.Watch(_registry.Bell, () => _wake.Writer.TryWrite(true));
        await ReadNewAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Follows from there on.</summary>
    public void Start() => _running = BackgroundLoop.StartLasting(nameof(FamilyFollower), _logger, RunAsync, () => _stop.IsCancellationRequested);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_bell is not null)
        {
            _bells.Forget(_bell);
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
                _timer.Change(_bell is { IsDenied: true } ? LookWithoutBell : SlowLook, Timeout.InfiniteTimeSpan);
                await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                await ReadNewAsync(_stop.Token).ConfigureAwait(false);
                if (_time.GetElapsedTime(_lookedAt) >= SlowLook * 0.9)
                {
                    await LookAsync().ConfigureAwait(false);
                    _lookedAt = _time.GetTimestamp();
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
                await SurviveAsync(error).ConfigureAwait(false);
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

        // Lost, and written again by a server whose clock is behind: its numbers are lower, and it may have as many members as before.
        Log.RegistryBeginsAgain(_logger, _identity.Topic);
        _last = double.NegativeInfinity;
        return await _registry.ReadPageAsync(_last, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the registry still is what is known of it.</summary>
    private async Task LookAsync()
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
            Log.MembersRegisteredAgain(_logger, _identity.Topic, lost.Count);
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

    private async Task SurviveAsync(Exception error)
    {
        _instruments.ReceiveFaults.Add(1, Instruments.Consumer(_identity.Topic, _identity.Group));
        if (_backoff.IsReset)
        {
            Log.RegistryUnread(_logger, _identity.Topic, _identity.Group, error);
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
