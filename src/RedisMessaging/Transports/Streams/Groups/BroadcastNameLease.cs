using RedisMessaging.Background;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Groups;

/// <summary>
/// The name under which a process remembers its place in a broadcast. One process has it at a time: two would share the messages. A key that runs out says who; a process
/// that crashed keeps its successor waiting for no longer than that.
/// </summary>
internal sealed class BroadcastNameLease : ILeaseHolder, IAsyncDisposable
{
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Renewal = Held / 4;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan TidyInterval = TimeSpan.FromHours(1);

    private readonly StreamConsumer _consumer;
    private readonly StreamKeys _keys;
    private readonly TimeProvider _time;
    private Task _tidying = Task.CompletedTask;
    private readonly Lock _lock = new();
    private volatile bool _isLost;
    private long _renewedAt;
    private long _heldSince;
    private long _tidiedAt;

    private BroadcastNameLease(StreamConsumer consumer, StreamKeys keys)
    {
        _consumer = consumer;
        _keys = keys;
        _time = consumer.Context.Time;
        _renewedAt = _time.GetTimestamp();
        _tidiedAt = _renewedAt;
    }

    /// <summary>Waits until a process that is gone has it no more.</summary>
    /// <exception cref="RedisMessagingConfigurationException">Another process has it, and is alive.</exception>
    public static async ValueTask<BroadcastNameLease> TakeAsync(StreamConsumer consumer, StreamKeys keys, IDatabase database, CancellationToken cancellationToken)
    {
        string? before = null;
        while (await HoldAsync(consumer, keys, database).ConfigureAwait(false) is { } holder)
        {
            if (before is null)
            {
                Log.BroadcastNameAwaited(consumer.Context.Logger, consumer.Subscription.BroadcastName!, consumer.Context.Topic, consumer.Subscription.Group, Held.TotalSeconds);
            }
            else if (holder != before)
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{consumer.Context.Topic}', group '{consumer.Subscription.Group}': BroadcastName is '{consumer.Subscription.BroadcastName}', and a process that runs has that name. They would share the messages instead of getting all of them. Give each process a name of its own, such as the host's or the pod's.");
            }

            before = holder;
            await Task.Delay(Look, consumer.Context.Time, cancellationToken).ConfigureAwait(false);
        }

        var name = new BroadcastNameLease(consumer, keys);
        consumer.Context.Connections.Leases.Add(name);
        return name;
    }

    public TimeSpan RenewalInterval => Renewal;

    /// <summary>
    /// Waits while another process has the name, since this one was not heard of for a while: it must hand out nothing, also not what it has read already. One that was frozen finds out here, before
    /// its next renewal.
    /// </summary>
    public async ValueTask WaitWhileLostAsync(CancellationToken cancellationToken)
    {
        while (_isLost || HasRunOut)
        {
            try
            {
                await HoldOnAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // The renewals tell of it.
            }

            if (_isLost || HasRunOut)
            {
                await Task.Delay(Look, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _consumer.Context.Connections.Leases.RemoveAsync(this).ConfigureAwait(false);
        try
        {
            await _consumer.Context.Connections.SayGoodbyeAsync(
                database => StreamGroupCalls.ReleaseBroadcastName(_keys.Holder(_consumer.Group), _consumer.Name).RunAsync(database)).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            Log.StreamLeaveFailed(_consumer.Context.Logger, _consumer.Context.Topic, _consumer.Group, error);
        }
    }

    private static async Task<string?> HoldAsync(StreamConsumer consumer, StreamKeys keys, IDatabase database) =>
        (string?)await AcquireCall(consumer, keys).RunAsync(database).ConfigureAwait(false);

    private static ScriptCall AcquireCall(StreamConsumer consumer, StreamKeys keys) => StreamGroupCalls.AcquireBroadcastName(
        keys.Holder(consumer.Group),
        keys.Broadcasts,
        consumer.Group,
        consumer.Name,
        duration: (long)Held.TotalMilliseconds);

    public bool Renew(ILeaseConnection connection)
    {
        try
        {
            var started = _time.GetTimestamp();
            var call = AcquireCall(_consumer, _keys);
            var holder = connection.Evaluate(call.Script, call.Keys, call.Arguments);
            lock (_lock)
            {
                Note(!holder.IsNull, started);
            }

            if (_time.GetElapsedTime(_tidiedAt) >= TidyInterval && _tidying.IsCompleted)
            {
                _tidiedAt = started;
                // What goes wrong with it is logged there.
                _tidying = BackgroundLoop.Run(() => BroadcastGroups.DropAbandonedAsync(_consumer, _keys, _consumer.Context.Connections.Database).AsTask());
                FireAndForget.Observe(_tidying);
            }

            return true;
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // Its time may run out meanwhile, and no process takes it as long as Redis is away.
            Log.BroadcastNameNotRenewed(_consumer.Context.Logger, _consumer.Subscription.BroadcastName!, _consumer.Context.Topic, _consumer.Subscription.Group, error);
            return false;
        }
    }

    /// <summary>No other process can have it.</summary>
    public bool IsHeld => !_isLost && !HasRunOut;

    /// <summary>Whether no other process can have had it since a time: a timestamp. What was held before may have been handled by another one.</summary>
    public bool IsHeldSince(long time) => IsHeld && time >= Volatile.Read(ref _heldSince);

    private bool HasRunOut => _time.GetElapsedTime(Volatile.Read(ref _renewedAt)) >= Held;

    private async Task HoldOnAsync()
    {
        var started = _time.GetTimestamp();
        var holder = await HoldAsync(_consumer, _keys, _consumer.Context.Connections.Database).ConfigureAwait(false);
        lock (_lock)
        {
            Note(holder is not null, started);
        }
    }

    private void Note(bool isLost, long askedAt)
    {
        if (isLost || _isLost || HasRunOut)
        {
            Volatile.Write(ref _heldSince, askedAt);
        }

        Volatile.Write(ref _renewedAt, askedAt);
        if (isLost == _isLost)
        {
            return;
        }

        _isLost = isLost;
        if (isLost)
        {
            Log.BroadcastNameLost(_consumer.Context.Logger, _consumer.Subscription.BroadcastName!, _consumer.Context.Topic, _consumer.Subscription.Group);
        }
        else
        {
            Log.BroadcastNameRegained(_consumer.Context.Logger, _consumer.Subscription.BroadcastName!, _consumer.Context.Topic, _consumer.Subscription.Group);
        }
    }
}
