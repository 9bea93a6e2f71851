using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Trimming;

/// <summary>Keeps the topic's stream within its retention, in the background, one run at a time: nobody who publishes or receives waits for it.</summary>
internal sealed class StreamTrimmer(TransportContext context, StreamKeys keys) : ITrimming, IAsyncDisposable
{
    private const long IntervalByAge = 1_000;
    private const long ShortestInterval = 100;

    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(1);

    /// <summary>Whoever starts anew together with its publishers has a minute to show life.</summary>
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ReturnTime = TimeSpan.FromMinutes(10);

    private readonly StreamOptions _options = (StreamOptions)context.Options;
    private readonly long _interval = IntervalOf(((StreamOptions)context.Options).Retention);
    private readonly Lock _lock = new();
    // A process that publishes little trims with its first message: it may be one of many that each publish little.
    private long _appended = IntervalOf(((StreamOptions)context.Options).Retention);
    private Task _running = Task.CompletedTask;
    private bool _failing;
    private bool _stopped;
    private bool _denied;

    /// <summary>Whether each publish is to wait for <see cref="AppendedAsync"/>.</summary>
    public bool IsExact => _options.Retention is { Exact: true, MaxLength: not null };

    /// <summary>What was not to be trimmed may be a moment later.</summary>
    public bool IsByAge => _options.Retention.MaxAge is not null;

    /// <summary>How long a group that was deleted from outside may take to be created again by its consumers.</summary>
    public static TimeSpan ReturnTimeOf(Retention retention) => retention.AbandonedAfter < ReturnTime ? retention.AbandonedAfter.Value : ReturnTime;

    /// <summary>So many entries were added by this process. Waits for nothing.</summary>
    public void Appended(long count)
    {
        if (_options.Retention.Limits() && Interlocked.Add(ref _appended, count) > _interval && !Volatile.Read(ref _denied))
        {
            Start();
        }
    }

    /// <summary>The same; where the retention is exact, trims before it returns, on the connection the entries were added on. What goes wrong is not the publisher's affair: its message is stored.</summary>
    public async ValueTask AppendedAsync(IDatabase database, long count)
    {
        if (!IsExact)
        {
            Appended(count);
            return;
        }

        if (Volatile.Read(ref _denied))
        {
            return;
        }

        try
        {
            var call = await CallAsync(database, _options.Retention).ConfigureAwait(false);
            if (call.HasMore)
            {
                Start();
            }
        }
        catch (Exception error)
        {
            Survive(error);
        }
    }

    /// <summary>Begins to trim, if there is a limit and nobody in here is about it.</summary>
    public void Start()
    {
        if (!_options.Retention.Limits())
        {
            return;
        }

        lock (_lock)
        {
            if (_running.IsCompleted && !_stopped)
            {
                _running = BackgroundLoop.Run(RunAsync);
            }
        }
    }

    public async ValueTask<TrimResult> TrimAsync(Retention? retention, CancellationToken cancellationToken)
    {
        retention ??= _options.Retention;
        ArgumentOutOfRangeException.ThrowIfNegative(retention.MaxLength ?? 0, nameof(retention));
        ArgumentOutOfRangeException.ThrowIfLessThan(retention.MaxAge ?? TimeSpan.Zero, TimeSpan.Zero, nameof(retention));
        ArgumentOutOfRangeException.ThrowIfLessThan(retention.AbandonedAfter ?? _options.Lease, _options.Lease, nameof(retention));
        long removed = 0;
        long unhandled = 0;
        var hasMore = retention.Limits();
        while (hasMore)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var call = await context.Connections.AskAsync($"The stream of topic '{context.Topic}'", database => CallAsync(database, retention), cancellationToken).ConfigureAwait(false);
            removed += call.Removed;
            unhandled += call.Groups.Sum(group => group.Unread + group.Taken);
            hasMore = call.HasMore;
        }

        return new TrimResult(removed, unhandled);
    }

    public async ValueTask<bool> DeleteAsync(string position, bool force, CancellationToken cancellationToken)
    {
        var id = HistoryPoint.At(position).ToString();
        var reply = await context.Connections.AskAsync(
            $"The stream of topic '{context.Topic}'",
            database => StreamCalls.Remove(keys.Stream, keys.Seen, id, force ? 1 : 0).RunAsync(database),
            cancellationToken).ConfigureAwait(false);
        var values = (RedisResult[])reply!;
        var groups = new List<TrimmedGroup>();
        for (var i = 1; i < values.Length; i += 2)
        {
            var wasPending = (bool)values[i + 1];
            groups.Add(new TrimmedGroup((string)values[i]!, wasPending ? 0 : 1, wasPending ? 1 : 0));
        }

        switch ((int)values[0])
        {
            case -1:
                throw new ConsumerGroupException($"Entry {id} of topic '{context.Topic}' is not deleted: {string.Join(" and ", groups.Select(group => $"group '{group.Name}' {(group.Taken > 0 ? "has it pending" : "has not read it yet")}"))}. Let it be handled first, or set force.");
            case 0:
                return false;
            default:
                Note(new TrimCall(0, false, groups));
                return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_lock)
        {
            Volatile.Write(ref _stopped, true);
            running = _running;
        }

        try
        {
            await running.WaitAsync(LongestStop, context.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Redis is away: there is nothing to wait for.
        }
    }

    private static long IntervalOf(Retention retention) => retention.MaxLength is { } length ? Math.Max(ShortestInterval, length / 100) : IntervalByAge;

    private static RedisValue Milliseconds(TimeSpan? time) => time is { } known ? (long)known.TotalMilliseconds : RedisValue.EmptyString;

    private async Task RunAsync()
    {
        try
        {
            TrimCall call;
            do
            {
                Interlocked.Exchange(ref _appended, 0);
                // A call that was sent is awaited: what it says of what is lost is said once.
                // A bus that is closing has no new connections, and trims over the one it has: a publisher that lives shortly trims only then.
                var database = context.Connections.Stopping.IsCancellationRequested
                    ? context.Connections.Database
                    : await context.Connections.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
                call = await CallAsync(database, _options.Retention).ConfigureAwait(false);
            }
            while ((call.HasMore || Interlocked.Read(ref _appended) > _interval) && !Volatile.Read(ref _stopped));
            Volatile.Write(ref _failing, false);
        }
        catch (Exception error) when (BusDisposed.IsTold(error))
        {
            // Others trim.
        }
        catch (Exception error)
        {
            // Whatever it was: the next interval or sweep tries again.
            Survive(error);
        }
    }

    private void Survive(Exception error)
    {
        if (RedisErrors.IsDenied(error))
        {
            if (!Interlocked.Exchange(ref _denied, true))
            {
                Log.StreamTrimLeftToConsumers(context.Logger, context.Topic, error);
            }
        }
        else if (!Interlocked.Exchange(ref _failing, true))
        {
            Log.StreamTrimFailed(context.Logger, context.Topic, error);
        }
    }

    private async Task<TrimCall> CallAsync(IDatabase database, Retention retention)
    {
        var grace = retention.AbandonedAfter < LongestGrace ? retention.AbandonedAfter : LongestGrace;
        var trim = StreamCalls.Trim(
            keys.Stream,
            keys.Seen,
            maxLength: retention.MaxLength ?? RedisValue.EmptyString,
            maxAge: Milliseconds(retention.MaxAge),
            exact: retention.Exact ? 1 : 0,
            force: retention.Force ? 1 : 0,
            abandonedAfter: Milliseconds(retention.AbandonedAfter),
            grace: Milliseconds(grace),
            returnTime: Milliseconds(ReturnTimeOf(retention)));
        var call = TrimCall.Read(await trim.RunAsync(database).ConfigureAwait(false));
        Note(call);
        return call;
    }

    private void Note(TrimCall call)
    {
        if (call.Removed > 0)
        {
            context.Instruments.RetentionTrimmed.Add(call.Removed, Instruments.Topic(context.Topic));
        }

        foreach (var group in call.Groups)
        {
            var tags = Instruments.Consumer(context.Topic, group.Name);
            if (group.SilentFor is { } silent)
            {
                context.Instruments.AbandonedGroups.Add(1, tags);
                Log.StreamGroupAbandoned(context.Logger, group.Name, context.Topic, silent, group.Lag, group.Pending);
            }

            if (group.Unread + group.Taken > 0)
            {
                context.Instruments.RetentionTrimmedUnread.Add(group.Unread + group.Taken, tags);
                Log.StreamTrimmedUnread(context.Logger, context.Topic, group.Name, group.Unread, group.Taken);
            }
        }
    }
}
