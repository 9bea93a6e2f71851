using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Consuming.Ordering;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Receiving;
using RedisMessaging.Consuming.Retries;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Consuming.Starts;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming;

/// <summary>
/// One consumer's messages from Redis to their settlement: receive, hand out, settle in batches. Handlers or a reader take them and report
/// each outcome. This class wires the parts and owns their start and their end.
/// </summary>
internal sealed class ConsumerPump : IAsyncDisposable
{
    private readonly IReceiver _receiver;
    private readonly BusServices _bus;
    private readonly InFlightMessages _inFlight;
    private readonly ReadyQueue _ready;
    private readonly MessageSettler _settler;
    private readonly DelayedRetries _retries;
    private readonly StartRecorder _starts;
    private readonly MessageDispatch _dispatch;
    private readonly FetchRoom _room;
    private readonly ReceiveLoop _loop;
    private readonly LeaseRenewals _renewals;
    private readonly LeaseKeeper? _leases;
    private readonly CancellationTokenSource _stopReceiving = new();
    private readonly OneTime _closing = new();
    private Task _receiving = Task.CompletedTask;

    /// <param name="consumer">Its limits, and the order of its messages.</param>
    /// <param name="capabilities">Whether the transport takes messages back, has leases, and keeps delayed retries.</param>
    /// <param name="limiter">Says when handlers may be started.</param>
    /// <param name="renewals">Calls for the renewal of leases.</param>
    public ConsumerPump(
        IReceiver receiver,
        ConsumerDefinition consumer,
        TransportCapabilities capabilities,
        HandlerStartLimiter limiter,
        LeaseRenewals renewals,
        BusServices bus)
    {
        var identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);
        var sequencer = consumer.KeyOrder == KeyOrder.None ? null : new KeyedSequencer(keepsFailed: consumer.KeyOrder == KeyOrder.Strict);
        _receiver = receiver;
        _bus = bus;
        _renewals = renewals;
        Limiter = limiter;
        Stopping = _stopReceiving.Token;
        _inFlight = new InFlightMessages(consumer.Prefetch, consumer.PrefetchBytes);
        _ready = new ReadyQueue(_inFlight, bus.Time);
        _settler = new MessageSettler(receiver, _inFlight, identity, bus);
        _retries = new DelayedRetries(_settler, sequencer, capabilities.Scheduling, bus.Time, Stopping);
        _starts = new StartRecorder(receiver, _settler.Lose, identity, bus.Time, bus.Logger);
        _dispatch = new MessageDispatch(_inFlight, _ready, sequencer, _retries, _starts);
        _room = new FetchRoom(_inFlight, consumer, bus.Time);
        var drain = new PauseDrain(receiver, _dispatch, _settler, limiter, capabilities, bus.Time);
        _loop = new ReceiveLoop(new MessageFetcher(receiver, _room, _dispatch, limiter, bus.Time), drain, identity, bus);
        Feed = new HandlerFeed(_ready, _dispatch, _settler, limiter, capabilities.Durable, Stopping);
        _leases = capabilities.Lease is { } lease ? new LeaseKeeper(receiver, _inFlight, _settler, lease, identity, bus) : null;
    }

    /// <summary>What workers and readers take messages from.</summary>
    public HandlerFeed Feed { get; }

    /// <summary>The handlers that run.</summary>
    public RunningHandlers Handlers => Feed.Handlers;

    /// <summary>Says when handlers may be started.</summary>
    public HandlerStartLimiter Limiter { get; }

    /// <summary>Cancelled when the pump stops receiving: what is not started by then is released.</summary>
    public CancellationToken Stopping { get; }

    /// <inheritdoc cref="MessageSettler.DeadLetters"/>
    public DeadLetterNotifier? DeadLetters
    {
        get => _settler.DeadLetters;
        init => _settler.DeadLetters = value;
    }

    /// <summary>Whether the transport has leases.</summary>
    public bool HasLeases => _leases is not null;

    /// <summary>How many messages were taken and are not settled yet.</summary>
    public int InHand => _inFlight.InHand;

    /// <summary>Nothing more is fetched until something is settled: the messages in flight use all the bytes of the prefetch.</summary>
    public bool IsOutOfBytes => _inFlight.FreeBytes <= 0;

    public void Start()
    {
        _settler.Start();
        if (_leases is not null)
        {
            _renewals.Add(_leases);
        }

        _receiving = BackgroundLoop.Run(ReceiveToTheEndAsync);
    }

    /// <summary>Follows the settings of the same consumer after a reload.</summary>
    public void Use(ConsumerDefinition next) => _room.Use(next);

    /// <summary>
    /// Has suspects (<see cref="InFlightMessage.IsSuspect"/>) handed out one at a time. Before the start, and again when the number of
    /// places changes.
    /// </summary>
    /// <param name="sharesPlaces">
    /// Whether new messages get places beside redelivered ones: not where messages are handled one after another.
    /// </param>
    public void SeparateSuspects(bool sharesPlaces)
    {
        _ready.SeparatesSuspects = true;
        _ready.SharesPlaces = sharesPlaces;
        // Fetched before the messages of a dead consumer, the later message of a key would come first.
        _room.UsesReserve = sharesPlaces && !_dispatch.IsOrdered;
    }

    /// <summary>A reader has the message from now on: its lease is kept for one lease, and then only as the reader extends it.</summary>
    public void HandOut(InFlightMessage message) => message.RenewUntil = _leases?.Deadline() ?? 0;

    /// <inheritdoc cref="MessageSettler.Settle"/>
    public void Settle(InFlightMessage message, SettlementKind kind, string? reason = null, string? detail = null) =>
        _settler.Settle(message, kind, reason, detail);

    /// <inheritdoc cref="MessageSettler.SettleAsync"/>
    public ValueTask<bool> SettleAsync(InFlightMessage message, SettlementKind kind, string? reason, CancellationToken cancellationToken) =>
        _settler.SettleAsync(message, kind, reason, cancellationToken);

    /// <inheritdoc cref="DelayedRetries.Retry"/>
    public void RetryLater(InFlightMessage message, TimeSpan delay) => _retries.Retry(message, delay);

    /// <inheritdoc cref="DelayedRetries.RetryAsync"/>
    public ValueTask<bool> RetryLaterAsync(InFlightMessage message, TimeSpan delay, CancellationToken cancellationToken) =>
        _retries.RetryAsync(message, delay, cancellationToken);

    /// <summary>Starts the lease again.</summary>
    /// <returns>Whether the message is still this consumer's.</returns>
    public async ValueTask<bool> ExtendAsync(InFlightMessage message, CancellationToken cancellationToken) =>
        message.IsOpen && (_leases is null || await _leases.ExtendAsync(message).WaitAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Whether a message is certain to be this consumer's still.</summary>
    public bool IsFresh(InFlightMessage message) => message.IsOpen && _receiver.IsFresh(message.Delivery);

    /// <inheritdoc cref="LeaseKeeper.IsOursAsync"/>
    public ValueTask<bool> IsOursAsync(InFlightMessage message, CancellationToken cancellationToken) => _leases is null
        ? new ValueTask<bool>(message.IsOpen)
        : _leases.IsOursAsync(message, cancellationToken);

    /// <inheritdoc cref="StartRecorder.LookAhead"/>
    public void RecordAhead(Func<int> ahead, Func<InFlightMessage, int?> starts) => _starts.LookAhead(ahead, starts);

    /// <summary>Records that a handler is about to be started with a redelivered message, where its next owner finds it.</summary>
    /// <returns>False when the message is no longer ours, or that is not known: it must not be started then.</returns>
    public ValueTask<bool> RecordStartAsync(InFlightMessage message, int starts, CancellationToken cancellationToken) =>
        _starts.RecordAsync(message, starts, cancellationToken);

    /// <summary>Ends the receive loop. What was received and not taken can still be taken.</summary>
    public async Task StopReceivingAsync()
    {
        await _stopReceiving.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        Handlers.Close();
    }

    /// <summary>Releases everything in flight, settles what is pending, and closes the receiver. Runs once, for the first caller.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync(SettlementBatcher.MaxCloseTime));

    /// <inheritdoc cref="DisposeAsync"/>
    /// <param name="patience">For how long to try to settle the rest.</param>
    public Task CloseAsync(TimeSpan patience) => _closing.RunAsync(() => CloseOnceAsync(patience));

    private async Task CloseOnceAsync(TimeSpan patience)
    {
        var begun = _bus.Time.GetTimestamp();
        try
        {
            await StopReceivingAsync().ConfigureAwait(false);
            _starts.Close();
            await _settler.CloseAsync(patience).ConfigureAwait(false);
        }
        finally
        {
            // Whatever went wrong: renewed leases of a consumer that has stopped would keep its messages from all others.
            await CloseReceiverAsync().ConfigureAwait(false);
            if (DeadLetters is not null)
            {
                // What was settled just now may be for its observers.
                var left = patience - _bus.Time.GetElapsedTime(begun);
                await DeadLetters.CloseAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero).ConfigureAwait(false);
            }
        }
    }

    private async Task CloseReceiverAsync()
    {
        try
        {
            if (_leases is not null)
            {
                await _renewals.RemoveAsync(_leases).ConfigureAwait(false);
            }
        }
        finally
        {
            _settler.Dispose();
            await _receiver.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ReceiveToTheEndAsync()
    {
        await _loop.RunAsync(Stopping).ConfigureAwait(false);
        _ready.Complete();
    }
}
