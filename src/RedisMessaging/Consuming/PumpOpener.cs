using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Consuming;

/// <summary>Opens what a consumer has in Redis: its receiver, its pauses, and the ids of the messages it has handled.</summary>
/// <param name="instance">This process, as a prefix of the names that Redis knows its consumers by.</param>
internal sealed class PumpOpener(
    BusModel model,
    RedisConnections connections,
    TopicPauses pauses,
    SharedInstances<IDeadLetterObserver> observers,
    string instance,
    BusServices bus)
{
    private int _opened;

    /// <summary>Says when the handlers of a consumer may be started.</summary>
    public HandlerStartLimiter CreateLimiter(ConsumerDefinition consumer)
    {
        var limiter = new HandlerStartLimiter(consumer.RateLimit, bus.Time);
        if (consumer.Paused)
        {
            limiter.Set(PauseReason.Configuration, true);
            Log.PausedByConfiguration(bus.Logger, consumer.Address, consumer.Group);
        }

        return limiter;
    }

    /// <summary>Opens the receiver. The limiter follows the pauses of the topic until <see cref="Leave"/>.</summary>
    public async Task<ConsumerPump> OpenAsync(
        ConsumerDefinition consumer,
        ITransport transport,
        HandlerStartLimiter limiter,
        GapNotifier gaps,
        CancellationToken cancellationToken)
    {
        var deadLetters = DeadLetterNotifier.For(consumer, observers, bus.Time, bus.Logger);
        var options = OptionsFor(consumer, gaps, deadLetters);
        // Before the receiver: nothing is handed out in between.
        var watcher = pauses.WatchOf(consumer.Topic);
        await watcher.JoinAsync(consumer.Group, limiter, cancellationToken).ConfigureAwait(false);
        try
        {
            var receiver = await OpenReceiverAsync(consumer, transport, options, cancellationToken).ConfigureAwait(false);
            return new ConsumerPump(receiver, consumer, transport.Capabilities, limiter, connections.Leases, bus)
            {
                DeadLetters = deadLetters,
            };
        }
        catch
        {
            watcher.Leave(limiter);
            throw;
        }
    }

    /// <summary>The consumer has ended: its limiter follows no more pauses.</summary>
    public void Leave(ConsumerDefinition consumer, HandlerStartLimiter limiter) => pauses.WatchOf(consumer.Topic).Leave(limiter);

    /// <summary>The ids of the messages that the group has handled; <see langword="null"/> where it keeps none.</summary>
    public HandledMessages? OpenInbox(ConsumerDefinition consumer)
    {
        if (consumer.InboxWindow is null)
        {
            return null;
        }

        var identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);
        return new HandledMessages(connections, KeyOfInbox(consumer), identity, bus.Time, bus.Logger, bus.Instruments);
    }

    private ReceiverOptions OptionsFor(ConsumerDefinition consumer, GapNotifier gaps, DeadLetterNotifier? deadLetters)
    {
        var siblings = model.Consumers.Where(other => other.Topic == consumer.Topic && !other.Broadcast && other.Group != consumer.Group);
        var handlers = consumer.Handlers.Values.Select(handler => handler.Binding.Identity);
        return new ReceiverOptions
        {
            Address = consumer.Address == consumer.Topic.Name ? consumer.Topic.Address : consumer.Address,
            Group = consumer.Group,
            Siblings = [.. siblings.Select(other => other.Group).Distinct()],
            Handlers = consumer.Broadcast ? [] : [.. handlers.Distinct().Order(StringComparer.Ordinal)],
            Consumer = $"{instance}-{Interlocked.Increment(ref _opened)}",
            Prefetch = consumer.LeastPrefetch is null ? consumer.Prefetch : ConsumerDefinition.DefaultPrefetch,
            PrefetchBytes = consumer.PrefetchBytes,
            Broadcast = consumer.Broadcast,
            BroadcastName = consumer.BroadcastName,
            StartAt = consumer.StartAt,
            InboxWindow = consumer.InboxWindow,
            // By the name the topic was registered with, not by the glob that the server was asked for.
            OnGap = gap => gaps.Notify(gap with { Topic = consumer.Address }),
            OnDeadLetter = deadLetters is null ? null : deadLetters.Add,
        };
    }

    private async Task<IReceiver> OpenReceiverAsync(
        ConsumerDefinition consumer,
        ITransport transport,
        ReceiverOptions options,
        CancellationToken cancellationToken)
    {
        try
        {
            if (transport.Capabilities.Lease is not null)
            {
                // Before there is a lease, and before a handler can block the thread that this takes.
                await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
                await connections.Leases.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return await transport.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.Classify(error) is FaultKind.NoPermission)
        {
            var prefix = model.Options.KeyPrefix;
            var text = BoundedText.MessageOf(error);
            var advice = AclAdvice.For(text, null, TopicKeys.Of(prefix, consumer.Topic).Pattern, transport.ChannelsOf(options.Address));
            throw new RedisMessagingConfigurationException(
                $"Topic '{consumer.Address}', group '{consumer.Group}': Redis refuses this user what consuming over {consumer.Topic.Kind} "
                    + $"needs. {text}. {advice}",
                error);
        }
    }

    private Func<string, RedisKey> KeyOfInbox(ConsumerDefinition consumer)
    {
        if (consumer.Topic.HasMembers)
        {
            return member => new TopicKeys(model.Options.KeyPrefix, member).Inbox(consumer.Group);
        }

        var key = TopicKeys.Of(model.Options.KeyPrefix, consumer.Topic).Inbox(consumer.Group);
        return _ => key;
    }
}
