using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.DeadLetters;

/// <summary>
/// Notifies observers of what one consumer gave up, one notice after another and beside everything else: neither handlers nor settlements
/// wait for foreign code. Runs from the first dead letter on.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource "
    + "holds nothing, and others may look at its token.")]
internal sealed class DeadLetterNotifier
{
    private const int MaxWaiting = 1_000;

    private readonly ConsumerDefinition _consumer;
    private readonly SharedInstances<IDeadLetterObserver> _observers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Channel<DeadLetterNotice> _waiting = Channel.CreateBounded<DeadLetterNotice>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _giveUp = new();
    private Task? _running;
    private long _dropped;

    private DeadLetterNotifier(
        ConsumerDefinition consumer,
        SharedInstances<IDeadLetterObserver> observers,
        TimeProvider time,
        ILogger logger)
    {
        _consumer = consumer;
        _observers = observers;
        _time = time;
        _logger = logger;
    }

    /// <summary>The notifier of a consumer; <see langword="null"/> where no observer is registered.</summary>
    public static DeadLetterNotifier? For(
        ConsumerDefinition consumer,
        SharedInstances<IDeadLetterObserver> observers,
        TimeProvider time,
        ILogger logger) =>
        consumer.OnDeadLetter.Count == 0 && !observers.Any ? null : new DeadLetterNotifier(consumer, observers, time, logger);

    /// <summary>A message was given up, and Redis has its dead letter where one is kept.</summary>
    public void Add(InFlightMessage held, in Settlement settlement) => Add(new DeadLetterNotice
    {
        Topic = _consumer.Topic.Name,
        Group = _consumer.Group,
        MessageId = held.GivenUp?.Context?.MessageId ?? DeliveryName.Find(held.Delivery),
        Position = held.Delivery.Position,
        Attempts = Math.Max(settlement.Starts, held.Delivery.Starts),
        Reason = settlement.Reason ?? "",
        Detail = settlement.Detail ?? "",
        Exception = held.GivenUp?.Exception,
        Context = held.GivenUp?.Context,
        Message = held.GivenUp?.Message,
    });

    /// <summary>The transport wrote a dead letter by itself.</summary>
    public void Add(TransportDeadLetter deadLetter) => Add(new DeadLetterNotice
    {
        Topic = _consumer.Topic.Name,
        Group = _consumer.Group,
        Position = deadLetter.Position,
        Reason = deadLetter.Reason,
        Detail = deadLetter.Detail,
    });

    /// <summary>Ends when all are notified, or after so long: an observer need not end.</summary>
    public async Task CloseAsync(TimeSpan patience)
    {
        Task? running;
        lock (_lock)
        {
            _waiting.Writer.TryComplete();
            running = _running;
        }

        if (running is null)
        {
            return;
        }

        try
        {
            await running.WaitAsync(patience, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.DeadLetterNoticesLeft(_logger, _consumer.Address, _consumer.Group, _waiting.Reader.Count + 1);
            _ = HandlerToken.CancelAsync(_giveUp, new ConsumerIdentity(_consumer.Topic.Name, _consumer.Group), _logger);
            FireAndForget.Observe(running);
        }
    }

    private void Add(DeadLetterNotice notice)
    {
        if (!_waiting.Writer.TryWrite(notice))
        {
            // One line for each thousand: the observers are slow, and there may be very many.
            if (Interlocked.Increment(ref _dropped) % MaxWaiting == 1)
            {
                Log.DeadLetterNoticesDropped(_logger, _consumer.Address, _consumer.Group, MaxWaiting, Volatile.Read(ref _dropped));
            }

            return;
        }

        if (Volatile.Read(ref _running) is null)
        {
            lock (_lock)
            {
                _running ??= BackgroundLoop.StartLasting(
                    nameof(DeadLetterNotifier),
                    _logger,
                    RunAsync,
                    () => _giveUp.IsCancellationRequested);
            }
        }
    }

    private async Task RunAsync()
    {
        await foreach (var notice in _waiting.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (_giveUp.IsCancellationRequested)
            {
                return;
            }

            foreach (var hook in _consumer.OnDeadLetter)
            {
                await NotifyAsync(notice, hook).ConfigureAwait(false);
            }

            foreach (var observer in GetObservers(notice))
            {
                await NotifyAsync(notice, observer.OnDeadLetterAsync).ConfigureAwait(false);
            }
        }
    }

    /// <summary>They are made with the first notice: what their constructors throw is theirs, too.</summary>
    private IReadOnlyList<IDeadLetterObserver> GetObservers(DeadLetterNotice notice)
    {
        try
        {
            return _observers.Get();
        }
        catch (Exception error)
        {
            Log.DeadLetterObserverFailed(_logger, notice.MessageId, notice.Topic, notice.Group, notice.Reason, error);
            return [];
        }
    }

    private async ValueTask NotifyAsync(DeadLetterNotice notice, Func<DeadLetterNotice, CancellationToken, ValueTask> notify)
    {
        try
        {
            await notify(notice, _giveUp.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
        {
            // The consumer is closed.
        }
        catch (Exception error)
        {
            Log.DeadLetterObserverFailed(_logger, notice.MessageId, notice.Topic, notice.Group, notice.Reason, error);
        }
    }
}
