using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Consuming.Ordering;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Consuming.Starts;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;

namespace RedisMessaging.Consuming;

/// <summary>
/// The only receive loop: free prefetch → receive → hand out → settle in batches. What handles the messages (handlers, a reader) takes them
/// and says what became of each.
/// </summary>
internal sealed class ConsumerPump : IAsyncDisposable
{
    private const int MaxGivenBack = 1_000;

    private const int MostAtOnce = ReceiveBuffer.Most;

    /// <summary>Quicker ones make room sooner than a fetch of what is new is worth its two round trips.</summary>
    private static readonly TimeSpan HandlersAreSlow = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstBeat = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBeat = TimeSpan.FromSeconds(10);

    private readonly IReceiver _receiver;
    private readonly ConsumerIdentity _identity;
    private readonly InFlightMessages _held;
    private readonly ReadyQueue _ready;
    private readonly StartRecorder _starts;
    private readonly SettlementBatcher _settlements;
    private readonly LeaseKeeper? _leases;
    private readonly bool _hasSchedule;
    private readonly KeyedSequencer? _lanes;
    private readonly bool _takesBack;
    private readonly TimeSpan _beat;
    private readonly HandlerStartLimiter _gate;
    private readonly CancellationTokenSource _stopReceiving = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private volatile PrefetchWindow? _window;
    private readonly OneTime _closing = new();
    private Task _receiving = Task.CompletedTask;
    private bool _usesReserve;

    /// <param name="consumer">What is held for it, and in which order it is handed out.</param>
    /// <param name="capabilities">The transport's: whether it takes messages back, and keeps what waits for another attempt; else that waits in here.</param>
    /// <param name="gate">Says when handlers may be started.</param>
    /// <param name="leases">Calls for renewals.</param>
    public ConsumerPump(IReceiver receiver, ConsumerDefinition consumer, TransportCapabilities capabilities, HandlerStartLimiter gate, LeaseRenewals leases, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _receiver = receiver;
        var identity = _identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);
        _held = new InFlightMessages(consumer.Prefetch, consumer.PrefetchBytes);
        _window = PrefetchWindow.Of(consumer, time);
        _ready = new ReadyQueue(_held, time);
        _starts = new StartRecorder(receiver, Lose, identity, time, logger);
        _settlements = new SettlementBatcher(receiver, _held, identity, time, logger, instruments);
        _leases = capabilities.Lease is { } duration ? new LeaseKeeper(this, receiver, _held, duration, leases, identity, time, logger, instruments) : null;
        _hasSchedule = capabilities.Scheduling;
        _takesBack = capabilities.Durable;
        _beat = Shorter(capabilities.Lease / 3 ?? LongestBeat, LongestBeat);
        _gate = gate;
        _lanes = consumer.KeyOrder == KeyOrder.None ? null : new KeyedSequencer(keepsFailed: consumer.KeyOrder == KeyOrder.Strict);
        Stopping = _stopReceiving.Token;
        _time = time;
        _logger = logger;
        _instruments = instruments;
    }

    /// <summary>What is being handled.</summary>
    public RunningHandlers Handlers { get; } = new();

    /// <summary>Waits for messages that were received and not taken yet, bounded by the prefetch. False once there are none, and will be none.</summary>
    public ValueTask<bool> WaitToTakeAsync(CancellationToken cancellationToken) => _ready.WaitAsync(cancellationToken);

    /// <summary>Cancelled when the pump stops receiving: what was not started by then is given back.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Says when handlers may be started.</summary>
    public HandlerStartLimiter Gate => _gate;

    /// <summary>Notified of what is given up; <see langword="null"/> where no observer is registered.</summary>
    public DeadLetterNotifier? DeadLetters
    {
        get => _settlements.DeadLetters;
        init => _settlements.DeadLetters = value;
    }

    /// <summary>
    /// Has suspects (<see cref="InFlightMessage.IsSuspect"/>) handed out one at a time. Before the start, and again when the number of places changes.
    /// </summary>
    /// <param name="sharesPlaces">Whether what is new gets places beside what was redelivered: not where messages are handled one after another.</param>
    public void SeparateSuspects(bool sharesPlaces)
    {
        _ready.SeparatesSuspects = true;
        _ready.SharesPlaces = sharesPlaces;
        // Fetched before what a dead consumer held, the later message of a key would come first.
        _usesReserve = sharesPlaces && _lanes is null;
    }

    /// <summary>How many messages were taken and are not settled yet.</summary>
    public int InHand => _held.InHand;

    /// <inheritdoc cref="StartRecorder.LookAhead"/>
    public void RecordAhead(Func<int> ahead, Func<InFlightMessage, int?> starts) => _starts.LookAhead(ahead, starts);

    /// <summary>Holds as many messages and bytes as the same consumer, configured differently, holds at the most.</summary>
    public void Use(ConsumerDefinition next)
    {
        _window = PrefetchWindow.Of(next, _time);
        _held.Capacity = next.Prefetch;
        _held.ByteCapacity = next.PrefetchBytes;
    }

    /// <summary>Nothing more is fetched until something is settled: what is held has all the bytes there are for it.</summary>
    public bool IsOutOfBytes => _held.FreeBytes <= 0;

    public void Start()
    {
        _settlements.Start();
        _leases?.Start();
        _receiving = BackgroundLoop.Run(ReceiveToTheEndAsync);
    }

    /// <summary>Takes a message, and lets the loop fetch more when it was the last.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out InFlightMessage held) => _ready.TryTake(out held);

    /// <summary>A handler is done with a message, whatever became of it: the next one of its key may be taken, or it itself once more when it is to be tried again in here.</summary>
    public void Done(InFlightMessage held)
    {
        _ready.Leave(held);
        held.IsSuspect = false;
        _gate.EndTrial(held.Trial);
        held.Trial = null;
        if (held.GoesBack)
        {
            // Together with what was not started, which the pause gives back: in its old order.
            held.GoesBack = false;
            PutBack(held);
            return;
        }

        if (held.Turn is not { } turn)
        {
            return;
        }

        if (turn.RetryIn is { } delay)
        {
            turn.RetryIn = null;
            _ = PutBackAfterAsync(held, turn, delay);
        }
        else if (_lanes!.Leave(turn) is { } next)
        {
            PutBack(next);
        }
    }

    /// <summary>Gives back what was taken and not started because the pump stops.</summary>
    public void GiveBack(InFlightMessage held)
    {
        // In order they go together, with what waits for its key, once the handlers have ended: given back before, the next of a key could be handled elsewhere while this one is handled here.
        if (_lanes is null)
        {
            Settle(held, SettlementKind.Release);
        }
    }

    /// <summary>
    /// Takes a message once a handler may be started with it: not while the consumer is paused, nor faster than its rate limit. Once the pump stops, whatever is there, to be given back.
    /// </summary>
    /// <param name="isWanted">Asked once a handler may be started: whether it still is to be.</param>
    /// <returns>Nothing when another worker took the last one, or none is wanted.</returns>
    public async ValueTask<InFlightMessage?> TakeToStartAsync(Func<bool>? isWanted = null)
    {
        var trial = await _gate.EnterAsync(Stopping).ConfigureAwait(false);
        if (isWanted?.Invoke() != false && TryTake(out var held))
        {
            held.Trial = trial;
            return held;
        }

        _gate.EndTrial(trial);
        _gate.GiveBack();
        return null;
    }

    /// <summary>For a reader: waits until the consumer is not paused, or the pump stops.</summary>
    public ValueTask WaitWhilePausedAsync(CancellationToken cancellationToken) => _gate.IsPaused ? new ValueTask(_gate.WaitWhilePausedAsync(Stopping, cancellationToken)) : ValueTask.CompletedTask;

    /// <summary>A message that was taken and had to wait for others is given back if the consumer was paused meanwhile, where the transport takes it back.</summary>
    public bool GivesBackUnstarted(InFlightMessage held)
    {
        if (!_gate.IsPaused || !_takesBack)
        {
            return false;
        }

        _ready.Leave(held);
        _gate.EndTrial(held.Trial);
        if (_lanes is null)
        {
            Settle(held, SettlementKind.Release);
        }
        else
        {
            // It goes back together with what waits behind it.
            PutBack(held);
        }

        _gate.GiveBack();
        return true;
    }

    /// <summary>A handler is about to be started.</summary>
    /// <returns>False once the consumer has stopped, while the message waited for others: it is given back.</returns>
    public bool TryBeginHandling(InFlightMessage held)
    {
        if (Handlers.TryEnter())
        {
            return true;
        }

        GiveBack(held);
        return false;
    }

    /// <summary>A message was taken to start a handler with, and none was started.</summary>
    public void NotStarted() => _gate.GiveBack();

    /// <summary>A reader has the message from now on: its lease is kept for one lease, and then only as the reader says so.</summary>
    public void HandOut(InFlightMessage held) => held.RenewUntil = _leases?.Deadline() ?? 0;

    /// <summary>Settles in the background, batched with what else is settled then. The first verdict on a message counts.</summary>
    public void Settle(InFlightMessage held, SettlementKind verdict, string? reason = null, string? detail = null)
    {
        if (held.TryBeginSettling())
        {
            _settlements.Add(held, ToSettlement(held, verdict, reason, detail));
        }
    }

    /// <summary>Settles and tells whether the message was still ours.</summary>
    public async ValueTask<bool> SettleAsync(InFlightMessage held, SettlementKind verdict, string? reason, CancellationToken cancellationToken) =>
        held.TryBeginSettling()
        && await _settlements.SettleOneAsync(held, ToSettlement(held, verdict, reason)).WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Gives a message back for another attempt after a while. Redis keeps it where it can, at once and durably, so that it holds no place here; else it waits in here, up to the stop. So it does where its key has to wait for it.
    /// </summary>
    public void RetryLater(InFlightMessage held, TimeSpan delay)
    {
        if (_lanes?.TryKeep(held, delay) == true)
        {
            // Its handler's end begins the wait.
            return;
        }

        if (delay > TimeSpan.Zero && _hasSchedule)
        {
            if (held.TryBeginSettling())
            {
                _settlements.Add(held, Delayed(held, delay));
            }
        }
        else if (delay <= TimeSpan.Zero || Stopping.IsCancellationRequested)
        {
            Settle(held, Stopping.IsCancellationRequested ? SettlementKind.Release : SettlementKind.Retry);
        }
        else
        {
            _ = RetryAfterAsync(held, delay);
        }
    }

    /// <summary>The same, and tells whether the message was still ours.</summary>
    public async ValueTask<bool> RetryLaterAsync(InFlightMessage held, TimeSpan delay, CancellationToken cancellationToken)
    {
        if (_hasSchedule)
        {
            return held.TryBeginSettling() && await _settlements.SettleOneAsync(held, Delayed(held, delay)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var ours = held.IsOpen;
        RetryLater(held, delay);
        return ours;
    }

    /// <summary>Starts the lease anew.</summary>
    public async ValueTask<bool> ExtendAsync(InFlightMessage held, CancellationToken cancellationToken)
    {
        if (_leases is null)
        {
            return held.IsOpen;
        }

        return held.IsOpen && await _leases.ExtendAsync(held).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the transport has leases.</summary>
    public bool HasLeases => _leases is not null;

    /// <summary>Whether a message is certain to be this consumer's still.</summary>
    public bool IsFresh(InFlightMessage held) => held.IsOpen && _receiver.IsFresh(held.Delivery);

    /// <summary>Whether a message may be started: false when it is somebody else's by now, which Redis is asked where its lease may have run out.</summary>
    public ValueTask<bool> IsOursAsync(InFlightMessage held, CancellationToken cancellationToken) => _leases is null
        ? new ValueTask<bool>(held.IsOpen)
        : _leases.IsOursAsync(held, cancellationToken);

    /// <summary>Records that a handler is about to be started with a redelivered message, where the next owner will find it.</summary>
    /// <param name="starts">How many starts are to count.</param>
    /// <returns>False when the message is no longer ours, or that can't be told: it must not be started then.</returns>
    public ValueTask<bool> RecordStartAsync(InFlightMessage held, int starts, CancellationToken cancellationToken) => _starts.RecordAsync(held, starts, cancellationToken);

    /// <summary>Somebody else has the message or will get it.</summary>
    public void Lose(InFlightMessage held)
    {
        if (held.TryMarkLost())
        {
            _instruments.LeasesLost.Add(1, Instruments.Consumer(_identity.Topic, _identity.Group));
            Log.LeaseLost(_logger, _identity.Topic, _identity.Group, 1);
            if (held.HandlerCancellation is { } handler)
            {
                _ = HandlerToken.CancelAsync(handler, _identity, _logger);
            }

            _held.Remove(held);
        }
    }

    /// <summary>Ends the receive loop. What was received and not taken can still be taken.</summary>
    public async Task StopReceivingAsync()
    {
        await _stopReceiving.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        Handlers.Close();
    }

    /// <summary>Gives back whatever is still held, settles what is left to settle, and closes the receiver. Once, whoever asks first.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync(SettlementBatcher.LongestGoodbye));

    /// <inheritdoc cref="DisposeAsync"/>
    /// <param name="goodbye">For how long to try to settle what is left.</param>
    public Task CloseAsync(TimeSpan goodbye) => _closing.RunAsync(() => CloseOnceAsync(goodbye));

    private static Settlement ToSettlement(InFlightMessage held, SettlementKind verdict, string? reason, string? detail = null) => new(held.Delivery, verdict, held.Starts, reason, detail)
    {
        HandledId = verdict == SettlementKind.Ack ? held.HandledId : null,
        MessageId = verdict is SettlementKind.DeadLetter or SettlementKind.Retry or SettlementKind.Release ? DeliveryName.Of(held.Delivery) : null,
    };

    private async Task CloseOnceAsync(TimeSpan goodbye)
    {
        var begun = _time.GetTimestamp();
        try
        {
            await StopReceivingAsync().ConfigureAwait(false);
            _starts.Close();
            var left = new List<InFlightMessage>();
            _held.CopyTo(left);
            left.RemoveAll(held => !held.TryBeginSettling());
            await _settlements.CloseAsync(left.ConvertAll(held => ToSettlement(held, SettlementKind.Release, null)), goodbye).ConfigureAwait(false);
            left.ForEach(_held.Remove);
        }
        finally
        {
            // Whatever went wrong: renewed leases of a consumer that has stopped would keep its messages from all others.
            await CloseReceiverAsync().ConfigureAwait(false);
            if (DeadLetters is not null)
            {
                // What was settled just now may be for its observers.
                var left = goodbye - _time.GetElapsedTime(begun);
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
                await _leases.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _settlements.Dispose();
            await _receiver.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ReceiveToTheEndAsync()
    {
        await BackgroundLoop.StartLasting(nameof(ConsumerPump), _logger, ReceiveAsync, () => Stopping.IsCancellationRequested).ConfigureAwait(false);
        _ready.Complete();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new ReceiveBuffer();
        var backoff = new Backoff(_time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        try
        {
            while (!Stopping.IsCancellationRequested)
            {
                try
                {
                    await ReceiveUntilPausedAsync(buffer, backoff).ConfigureAwait(false);
                    await StayPausedAsync(buffer).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception error)
                {
                    _instruments.ReceiveFaults.Add(1, Instruments.Consumer(_identity.Topic, _identity.Group));
                    Log.ReceiveFailed(_logger, _identity.Topic, _identity.Group, error);
                    await backoff.WaitAsync(Stopping).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
        }
    }

    private async ValueTask<FreeRoom> WaitForRoomAsync(int refill, CancellationToken cancellationToken)
    {
        var waiting = _held.WaitForRoomAsync(refill, _usesReserve, cancellationToken);
        if (waiting.IsCompleted || _window is not { } window)
        {
            return await waiting.ConfigureAwait(false);
        }

        window.BeginWait(_held.Count);
        var room = await waiting.ConfigureAwait(false);
        window.EndWait(_held.Count);
        if (window == _window && window.Size != _held.Capacity)
        {
            _held.Capacity = window.Size;
        }

        return room;
    }

    private void Enqueue(ReceiveBuffer buffer, int received)
    {
        for (var i = 0; i < received; i++)
        {
            Enqueue(buffer.Take(i));
        }
    }

    private void Enqueue(in Delivery delivery)
    {
        var held = _held.Add(delivery);
        if (_lanes?.TryEnter(held) == false)
        {
            // Nobody can take it: it must not keep the loop from fetching what somebody can.
            _held.Take();
        }
        else if (!_ready.TryAdd(held, mayRefuse: held.Turn is null && _hasSchedule))
        {
            // It goes back as it came, for a while, and leaves its place to others.
            _held.Take();
            RetryLater(held, _ready.WaitForRoom);
            return;
        }

        if (delivery.Redelivered)
        {
            _starts.Expect(held);
        }
    }

    /// <summary>Behind all others: a key with many messages takes its turn like every other.</summary>
    private void PutBack(InFlightMessage held)
    {
        _held.PutBack();
        // Stopped, it stays where it is until everything is given back.
        _ready.TryAdd(held);
    }

    private async Task PutBackAfterAsync(InFlightMessage held, KeyedSlot turn, TimeSpan delay)
    {
        try
        {
            // When it is lost meanwhile its key need not wait any longer.
            await held.WhenGone().WaitAsync(delay, _time, Stopping).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }

        if ((held.IsOpen ? held : _lanes!.Leave(turn)) is { } next)
        {
            PutBack(next);
        }
    }

    private async Task ReceiveUntilPausedAsync(ReceiveBuffer buffer, Backoff backoff)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Stopping, _gate.Pausing);
        try
        {
            while (!_gate.IsPaused)
            {
                var triesOne = _gate.AdmitsOne;
                // Refilling at half keeps batches large while handlers still have work.
                var refill = Math.Clamp(_held.Capacity / 2, 1, MostAtOnce);
                var room = triesOne
                    ? await _held.WaitForRoomAsync(_held.Capacity, reserveWillDo: false, either.Token).ConfigureAwait(false)
                    : await WaitForRoomAsync(refill, either.Token).ConfigureAwait(false);
                if (triesOne)
                {
                    // What was fetched beside it would have to go back if it fails, and on a stream behind what it came before.
                    await _gate.WaitForTrialAsync(either.Token).ConfigureAwait(false);
                }

                var most = triesOne ? 1 : room.Messages;
                var received = room.IsReserve
                    ? await ReceiveNewAsync(buffer, refill, either.Token).ConfigureAwait(false)
                    : await _receiver.ReceiveAsync(buffer.For(most), new ReceiveBounds(room.Bytes), either.Token).ConfigureAwait(false);
                backoff.Reset();
                Enqueue(buffer, received);
            }
        }
        catch (OperationCanceledException) when (!Stopping.IsCancellationRequested && either.IsCancellationRequested)
        {
            // Paused.
        }
    }

    /// <summary>Redelivered messages take all the room, and their handlers take a while: what is new is fetched beside them, until there is room for all kinds.</summary>
    private async ValueTask<int> ReceiveNewAsync(ReceiveBuffer buffer, int refill, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var roomForAll = _held.WaitForRoomAsync(refill, reserveWillDo: false, enough.Token).AsTask();
        try
        {
            if (await Task.WhenAny(roomForAll, Task.Delay(HandlersAreSlow, _time, enough.Token)).ConfigureAwait(false) == roomForAll)
            {
                return 0;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var (messages, bytes) = _held.Reserve;
            if (messages == 0)
            {
                return 0;
            }

            var receiving = _receiver.ReceiveAsync(buffer.For(messages), new ReceiveBounds(bytes, NewOnly: true), enough.Token).AsTask();
            await Task.WhenAny(roomForAll, receiving).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            return await receiving.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            FireAndForget.Observe(roomForAll);
        }
    }

    /// <summary>
    /// Gives back what was prefetched, so that others get it at once, and what the receiver comes by without asking. Where the transport takes nothing back, it waits in here; and where keys have an
    /// order and failures paused the consumer: with one message after another tried, each given back in vain, later ones of its key would come before it.
    /// </summary>
    private async Task StayPausedAsync(ReceiveBuffer buffer)
    {
        // Soon at first: what was about to arrive, and what waits behind a key that is still handled, comes when it comes.
        var beat = FirstBeat;
        while (_takesBack && _gate.IsPaused)
        {
            if (_lanes is null || _gate.Reasons != PauseReason.Failures)
            {
                await GiveBackUntakenAsync().ConfigureAwait(false);
            }

            var own = _held.Free is > 0 and var room
                ? await _receiver.ReceiveOwnAsync(buffer.For(room), Stopping).ConfigureAwait(false)
                : 0;
            Enqueue(buffer, own);
            if (own == 0)
            {
                await Task.WhenAny(_gate.Resumed, Task.Delay(beat, _time, Stopping)).ConfigureAwait(false);
                beat = Shorter(2 * beat, _beat);
                Stopping.ThrowIfCancellationRequested();
            }
        }

        await _gate.Resumed.WaitAsync(Stopping).ConfigureAwait(false);
    }

    /// <summary>All in one step, as far as that goes: given back one by one, the second would come before the first.</summary>
    private async Task GiveBackUntakenAsync()
    {
        var untaken = new List<InFlightMessage>();
        var waiting = _ready.TakeWaiting();
        while (TryTake(out var held))
        {
            _ready.Leave(held);
            waiting.Add(held);
        }

        foreach (var held in waiting.OrderBy(held => held.Number))
        {
            for (var next = held; next is not null; next = _lanes?.TakeOut(next))
            {
                if (next.TryBeginSettling())
                {
                    untaken.Add(next);
                }
            }
        }

        foreach (var chunk in untaken.Chunk(MaxGivenBack))
        {
            await _settlements.SettleManyAsync(chunk, Array.ConvertAll(chunk, held => ToSettlement(held, SettlementKind.Release, null))).WaitAsync(Stopping).ConfigureAwait(false);
        }
    }

    private static Settlement Delayed(InFlightMessage held, TimeSpan delay) => ToSettlement(held, SettlementKind.Retry, null) with { Delay = delay };

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task RetryAfterAsync(InFlightMessage held, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _time, Stopping).ConfigureAwait(false);
            Settle(held, SettlementKind.Retry);
        }
        catch (Exception)
        {
            // Mostly the stop. Whatever it was, the message must not stay in hand.
            Settle(held, SettlementKind.Release);
        }
    }
}
