using Microsoft.Extensions.Logging;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Reading;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Consuming;

/// <summary>Opens consumers on transports and keeps account of those that run.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource holds nothing, and others may look at its token.")]
internal sealed class ConsumerHost(
    BusModel model,
    RedisConnections connections,
    IMessageSerializer serializer,
    IReadOnlyList<IClassSource<IConsumeFilter>> filters,
    IServiceProvider services,
    TopicPauses pausing,
    ReplySender replies,
    SharedInstances<IDeadLetterObserver> observers,
    string instance,
    TimeProvider time,
    ILogger logger,
    Instruments instruments)
{
    private readonly Lock _lock = new();
    private readonly HashSet<MessageSubscription> _running = [];
    private readonly HashSet<MessageReader> _readers = [];
    private readonly CancellationTokenSource _closing = new();
    private int _opened;
    private bool _isClosed;

    /// <summary>Opens a consumer with handlers. Done means live.</summary>
    public async Task<MessageSubscription> OpenAsync(ConsumerDefinition consumer, ITransport transport, CancellationToken cancellationToken)
    {
        CheckAgainstRunning(consumer);
        if (consumer.OnGap is not null && consumer.Topic.Capabilities.Durable)
        {
            Log.GapsNeverReported(logger, consumer.Address, consumer.Group, consumer.Topic.Kind);
        }

        var gaps = new GapNotifier(consumer.OnGap, logger);
        var gate = OpenGate(consumer);
        var pump = await OpenPumpAsync(consumer, transport, gate, gaps, cancellationToken).ConfigureAwait(false);
        var batches = consumer.BatchSize > 0 ? new BatchGathering(consumer, services, time, logger) : null;
        if (batches is not null)
        {
            gate.OnChanged(batches.SetPaused);
            batches.IsOutOfBytes = () => pump.IsOutOfBytes;
        }

        var pipeline = MessagePipelines.Consume(consumer, serializer, filters, services, pump, batches, OpenInbox(consumer), replies, time, logger, instruments);
        var loop = new HandlerWorkers(consumer, pump, pipeline, batches, services, model.Options.ShutdownTimeout, time, logger, instruments);
        var subscription = new MessageSubscription(consumer, loop, gate, gaps, Forget, logger);
        gaps.Sender = subscription;
        if (!Keep(_running, subscription))
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw BusDisposed.Error();
        }

        loop.Start();
        Log.ConsumerStarted(logger, consumer.Address, consumer.Group, consumer.Topic.Kind, consumer.Concurrency, consumer.Prefetch);
        return subscription;
    }

    /// <summary>Opens a reader. Live from the first message asked for.</summary>
    public async Task<MessageReader> OpenReaderAsync(ConsumerDefinition consumer, ITransport transport, CancellationToken cancellationToken)
    {
        CheckAgainstRunning(consumer);
        var gate = OpenGate(consumer);
        var pump = await OpenPumpAsync(consumer, transport, gate, new GapNotifier(consumer.OnGap, logger), cancellationToken).ConfigureAwait(false);
        var reload = new ConsumerReload(consumer, gate, pump.Use, logger);
        var reader = new MessageReader(reload, pump, new MessageDecoder(consumer.Topic, consumer.Group, serializer, time), OpenInbox(consumer), closed => Forget(closed, consumer, gate), logger, instruments);
        if (!Keep(_readers, reader))
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw BusDisposed.Error();
        }

        return reader;
    }

    /// <summary>Opens something for a caller, who need not wait longer than his token and the bus allow, whatever Redis does: what comes open later is closed at once.</summary>
    /// <exception cref="ObjectDisposedException">The bus is disposed, or was meanwhile.</exception>
    public async Task<T> OpenForCallerAsync<T>(Func<CancellationToken, Task<T>> open, CancellationToken cancellationToken)
        where T : IAsyncDisposable
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(RedisMessageBus));
        // Not disposed while it is being opened, which looks at the token.
        var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        var opening = open(either.Token);
        try
        {
            var opened = await opening.WaitAsync(either.Token).ConfigureAwait(false);
            either.Dispose();
            return opened;
        }
        catch (Exception error) when (either.IsCancellationRequested || error is ObjectDisposedException)
        {
            _ = CloseOnceOpenAsync(opening);
            cancellationToken.ThrowIfCancellationRequested();
            throw BusDisposed.Error();
        }
    }

    /// <summary>The handlers of all consumers that run.</summary>
    public IReadOnlyCollection<RunningHandlers> Handlers
    {
        get
        {
            lock (_lock)
            {
                return [.. _running.Select(subscription => subscription.Handlers)];
            }
        }
    }

    /// <summary>The consumers that run on a topic, readers included.</summary>
    public IReadOnlyCollection<ConsumerReload> RunningOn(string topic)
    {
        lock (_lock)
        {
            var running = _running.Select(subscription => subscription.Reload).Concat(_readers.Select(reader => reader.Reload));
            return [.. running.Where(consumer => consumer.Topic == topic)];
        }
    }

    /// <summary>Opens no more: the bus is being disposed.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        _closing.Cancel();
    }

    public Task StopAllAsync(CancellationToken hurry)
    {
        MessageSubscription[] running;
        MessageReader[] readers;
        lock (_lock)
        {
            running = [.. _running];
            readers = [.. _readers];
        }

        return Task.WhenAll([.. running.Select(subscription => subscription.StopAsync(hurry)), .. readers.Select(reader => reader.DisposeAsync().AsTask())]);
    }

    private bool Keep<T>(HashSet<T> open, T opened)
    {
        lock (_lock)
        {
            return !_isClosed && open.Add(opened);
        }
    }

    private static async Task CloseOnceOpenAsync<T>(Task<T> opening)
        where T : IAsyncDisposable
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await opening.Result.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static string Describe(ConsumerDefinition consumer) => string.Join(", ", consumer.Types.Select(type => $"'{consumer.Topic.NameOf(type)}'"));

    /// <summary>
    /// Consumers of one group share its messages, and ack the types they have no handler for: two that handle different types would ack each other's messages away.
    /// On a queue, two groups would take messages from each other.
    /// </summary>
    private void CheckAgainstRunning(ConsumerDefinition consumer)
    {
        MessageSubscription[] others;
        lock (_lock)
        {
            others = [.. _running.Where(running => running.Consumer.Topic == consumer.Topic)];
        }

        ConsumerDefinitions.RefuseSecondGroup(consumer.Topic, others.Select(other => other.Consumer).Append(consumer));
        if (!consumer.Topic.Capabilities.CompetingConsumers || consumer.Broadcast)
        {
            return;
        }

        var conflicting = Array.Find(others, other => Overlap(other.Consumer, consumer) && other.Consumer.Group == consumer.Group && !other.Consumer.Broadcast && !other.Consumer.Types.SetEquals(consumer.Types));
        if (conflicting is not null)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{consumer.Topic.Name}', group '{consumer.Group}': this process consumes {Describe(conflicting.Consumer)} in that group already, and {Describe(consumer)} in the same group would share its messages: each would ack the other's types unhandled. Give it another Group.");
        }
    }

    /// <summary>Two members of a family have nothing in common; a family and its member do.</summary>
    private static bool Overlap(ConsumerDefinition one, ConsumerDefinition other) => one.Address == other.Address || one.Address == one.Topic.Name || other.Address == other.Topic.Name;

    private async Task<ConsumerPump> OpenPumpAsync(ConsumerDefinition consumer, ITransport transport, HandlerStartLimiter gate, GapNotifier gaps, CancellationToken cancellationToken)
    {
        var letters = DeadLetterNotifier.For(consumer, observers, time, logger);
        var subscription = new ReceiverOptions
        {
            Address = consumer.Address == consumer.Topic.Name ? consumer.Topic.Address : consumer.Address,
            Group = consumer.Group,
            Siblings = [.. model.Consumers.Where(other => other.Topic == consumer.Topic && !other.Broadcast && other.Group != consumer.Group).Select(other => other.Group).Distinct()],
            Handlers = consumer.Broadcast ? [] : [.. consumer.Handlers.Values.Select(handler => handler.Binding.Identity).Distinct().Order(StringComparer.Ordinal)],
            Consumer = $"{instance}-{Interlocked.Increment(ref _opened)}",
            Prefetch = consumer.LeastPrefetch is null ? consumer.Prefetch : ConsumerDefinition.DefaultPrefetch,
            PrefetchBytes = consumer.PrefetchBytes,
            Broadcast = consumer.Broadcast,
            BroadcastName = consumer.BroadcastName,
            StartAt = consumer.StartAt,
            InboxWindow = consumer.InboxWindow,
            // Told as the topic was registered, not as the glob that the server was asked for.
            OnGap = gap => gaps.Notify(gap with { Topic = consumer.Address }),
            OnDeadLetter = letters is null ? null : letters.Add,
        };
        // Before the receiver: nothing is handed out in between.
        var pauses = pausing.WatchOf(consumer.Topic);
        await pauses.JoinAsync(consumer.Group, gate, cancellationToken).ConfigureAwait(false);
        try
        {
            var receiver = await OpenReceiverAsync(consumer, transport, subscription, cancellationToken).ConfigureAwait(false);
            return new ConsumerPump(receiver, consumer, transport.Capabilities, gate, connections.Leases, time, logger, instruments) { DeadLetters = letters };
        }
        catch
        {
            pauses.Leave(gate);
            throw;
        }
    }

    private HandlerStartLimiter OpenGate(ConsumerDefinition consumer)
    {
        var gate = new HandlerStartLimiter(consumer.RateLimit, time);
        if (consumer.Paused)
        {
            gate.Set(PauseReason.Configuration, true);
            Log.PausedByConfiguration(logger, consumer.Address, consumer.Group);
        }

        return gate;
    }

    private async Task<IReceiver> OpenReceiverAsync(ConsumerDefinition consumer, ITransport transport, ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        try
        {
            if (transport.Capabilities.Lease is not null)
            {
                // Before there is a lease, and before a handler can block the thread that this takes.
                await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
                await connections.Leases.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return await transport.OpenAsync(subscription, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.Classify(error) is FaultKind.NoPermission)
        {
            var prefix = model.Options.KeyPrefix;
            var advice = AclAdvice.For(BoundedText.MessageOf(error), null, TopicKeys.Of(prefix, consumer.Topic).Pattern, transport.ChannelsOf(subscription.Address));
            throw new RedisMessagingConfigurationException(
                $"Topic '{consumer.Address}', group '{consumer.Group}': Redis refuses this user what consuming over {consumer.Topic.Kind} needs. {BoundedText.MessageOf(error)}. {advice}",
                error);
        }
    }

    private HandledMessages? OpenInbox(ConsumerDefinition consumer) => consumer.InboxWindow is null
        ? null
        : new HandledMessages(connections, KeyOfInbox(consumer), new ConsumerIdentity(consumer.Topic.Name, consumer.Group), time, logger, instruments);

    private Func<string, RedisKey> KeyOfInbox(ConsumerDefinition consumer)
    {
        if (consumer.Topic.HasMembers)
        {
            return member => new TopicKeys(model.Options.KeyPrefix, member).Inbox(consumer.Group);
        }

        var key = TopicKeys.Of(model.Options.KeyPrefix, consumer.Topic).Inbox(consumer.Group);
        return _ => key;
    }

    private void Forget(MessageSubscription subscription)
    {
        pausing.WatchOf(subscription.Consumer.Topic).Leave(subscription.Gate);
        lock (_lock)
        {
            _running.Remove(subscription);
        }
    }

    private void Forget(MessageReader reader, ConsumerDefinition consumer, HandlerStartLimiter gate)
    {
        pausing.WatchOf(consumer.Topic).Leave(gate);
        lock (_lock)
        {
            _readers.Remove(reader);
        }
    }
}
