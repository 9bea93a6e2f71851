using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Connections;

/// <summary>The thread that renews leases, with holders that have none.</summary>
public sealed class LeaseRenewalsTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly ListLoggerProvider _log = new();
    private readonly NoLeaseConnection _connection = new();

    [Fact]
    public async Task Each_holder_is_asked_at_its_interval_on_one_thread_that_is_none_of_the_pool_s()
    {
        await using var renewals = New();
        var threads = new ConcurrentDictionary<int, bool>();
        Holder one = new(_ => Note()), other = new(_ => Note());
        renewals.Add(one);
        renewals.Add(other);
        await Eventually.TrueAsync(() => one.Calls > 3 && other.Calls > 3);
        threads.Should().ContainSingle().Which.Value.Should().BeFalse("handlers may block those of the pool");

        bool Note()
        {
            threads[Environment.CurrentManagedThreadId] = Thread.CurrentThread.IsThreadPoolThread;
            return true;
        }
    }

    [Fact]
    public async Task A_holder_that_throws_keeps_no_other_from_being_asked_and_is_asked_again()
    {
        await using var renewals = New();
        Holder bad = new(_ => throw new InvalidTimeZoneException()), good = new(_ => true);
        renewals.Add(bad);
        renewals.Add(good);
        await Eventually.TrueAsync(() => good.Calls > 3 && bad.Calls > 3);
    }

    [Fact]
    public async Task A_logger_that_throws_keeps_no_holder_from_being_asked()
    {
        var time = new TestTime();
        await using var renewals = new LeaseRenewals(Connected, time, new ThrowingLogger());
        var holder = new Holder(_ => true) { RenewalInterval = TimeSpan.FromSeconds(10) };
        renewals.Add(holder);
        // Late each time, which is to be logged.
        for (var calls = 1; calls < 4; calls++)
        {
            await Eventually.TrueAsync(async () =>
            {
                time.Advance(TimeSpan.FromSeconds(100));
                await Task.Delay(5);
                return holder.Calls >= calls;
            });
        }
    }

    [Fact]
    public async Task Removed_it_is_not_being_asked_any_more()
    {
        await using var renewals = New();
        var isAsked = false;
        var proceed = new ManualResetEventSlim();
        var holder = new Holder(_ =>
        {
            isAsked = true;
            proceed.Wait();
            isAsked = false;
            return true;
        });
        renewals.Add(holder);
        await Eventually.TrueAsync(() => Volatile.Read(ref isAsked));
        var removing = renewals.RemoveAsync(holder);
        removing.IsCompleted.Should().BeFalse();
        proceed.Set();
        await Eventually.EndsAsync(removing);
        isAsked.Should().BeFalse();
        await Task.Delay(5 * Interval);
        holder.Calls.Should().Be(1);
    }

    [Fact]
    public async Task Those_that_fail_do_not_delay_the_others()
    {
        await using var renewals = New();
        var order = new ConcurrentQueue<string>();
        Holder failing = new(_ => Note("failing", isDone: false)), good = new(_ => Note("good", isDone: true));
        renewals.Add(failing);
        renewals.Add(good);
        await Eventually.TrueAsync(() => order.Count(name => name == "good") > 5);
        order.Count(name => name == "good").Should().BeGreaterThan(3);

        bool Note(string name, bool isDone)
        {
            order.Enqueue(name);
            Thread.Sleep(isDone ? 0 : 3 * (int)Interval.TotalMilliseconds);
            return isDone;
        }
    }

    [Fact]
    public async Task A_process_that_was_frozen_is_told_of_it_with_advice()
    {
        var time = new TestTime();
        await using var renewals = new LeaseRenewals(Connected, time, _log);
        var holder = new Holder(_ => true) { RenewalInterval = TimeSpan.FromSeconds(10) };
        renewals.Add(holder);
        await Eventually.TrueAsync(() => time.WaitingTimers == 1);
        time.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => holder.Calls == 1 && time.WaitingTimers == 1);
        _log.TextsOf(5024).Should().BeEmpty();
        // All of a sudden: the timer runs when that is over.
        time.Jump(TimeSpan.FromSeconds(45));
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => _log.TextsOf(5024).Any());
        _log.TextsOf(5024).Should().ContainSingle().Which.Should().Contain("must not block its thread").And.Contain("await");
    }

    [Fact]
    public async Task A_pool_that_does_nothing_is_told_of_with_advice_and_not_all_the_time()
    {
        var time = new TestTime();
        Action? queued = null;
        var works = false;
        await using var renewals = new LeaseRenewals(Connected, time, _log, Queue);
        var holder = new Holder(_ => true) { RenewalInterval = TimeSpan.FromSeconds(2) };
        renewals.Add(holder);
        for (var calls = 1; calls <= 6; calls++)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            await Eventually.TrueAsync(() => holder.Calls == calls && time.WaitingTimers == 1);
        }

        _log.TextsOf(5025).Should().ContainSingle().Which.Should().Contain("must not block its thread");
        works = true;
        queued!();
        time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(() => holder.Calls >= 7 && time.WaitingTimers == 1);
        _log.TextsOf(5025).Should().ContainSingle("it works again");

        void Queue(Action action)
        {
            queued = action;
            if (Volatile.Read(ref works))
            {
                action();
            }
        }
    }

    [Fact]
    public async Task Disposed_it_closes_its_connection_and_asks_nobody()
    {
        var renewals = New();
        var holder = new Holder(_ => true);
        renewals.Add(holder);
        await Eventually.TrueAsync(() => holder.Calls > 0);
        await renewals.DisposeAsync();
        var calls = holder.Calls;
        renewals.Add(holder);
        await Task.Delay(5 * Interval);
        holder.Calls.Should().BeLessThanOrEqualTo(calls + 1);
        await Eventually.EndsAsync(renewals.RemoveAsync(holder));
    }

    public void Dispose() => _log.Dispose();

    private LeaseRenewals New() => new(Connected, TimeProvider.System, _log);

    private Task<ILeaseConnection> Connected() => Task.FromResult<ILeaseConnection>(_connection);

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("This logger fails.");
    }

    private sealed class Holder(Func<ILeaseConnection, bool> renew) : ILeaseHolder
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public TimeSpan RenewalInterval { get; init; } = Interval;

        public bool Renew(ILeaseConnection connection)
        {
            Interlocked.Increment(ref _calls);
            return renew(connection);
        }
    }
}
