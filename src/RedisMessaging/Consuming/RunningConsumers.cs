using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Reading;

namespace RedisMessaging.Consuming;

/// <summary>The consumers and readers that run on one bus.</summary>
internal sealed class RunningConsumers
{
    private readonly Lock _lock = new();
    private readonly HashSet<MessageSubscription> _subscriptions = [];
    private readonly HashSet<MessageReader> _readers = [];
    private bool _isClosed;

    /// <summary>The handlers of all consumers that run.</summary>
    public IReadOnlyCollection<RunningHandlers> Handlers
    {
        get
        {
            lock (_lock)
            {
                return [.. _subscriptions.Select(subscription => subscription.Handlers)];
            }
        }
    }

    /// <summary>The consumers that run on a topic, readers included.</summary>
    public IReadOnlyCollection<ConsumerReload> On(string topic)
    {
        lock (_lock)
        {
            var running = _subscriptions.Select(subscription => subscription.Reload).Concat(_readers.Select(reader => reader.Reload));
            return [.. running.Where(consumer => consumer.Topic == topic)];
        }
    }

    /// <returns>False once no more may be opened: the caller closes it.</returns>
    public bool TryAdd(MessageSubscription subscription) => TryAdd(_subscriptions, subscription);

    /// <inheritdoc cref="TryAdd(MessageSubscription)"/>
    public bool TryAdd(MessageReader reader) => TryAdd(_readers, reader);

    public void Remove(MessageSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Remove(subscription);
        }
    }

    public void Remove(MessageReader reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
        }
    }

    /// <summary>No more may be opened: the bus is being disposed.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    /// <param name="cancellationToken">Cancels the handlers that run.</param>
    public Task StopAllAsync(CancellationToken cancellationToken)
    {
        MessageSubscription[] subscriptions;
        MessageReader[] readers;
        lock (_lock)
        {
            subscriptions = [.. _subscriptions];
            readers = [.. _readers];
        }

        return Task.WhenAll(
        [
            .. subscriptions.Select(subscription => subscription.StopAsync(cancellationToken)),
            .. readers.Select(reader => reader.DisposeAsync().AsTask()),
        ]);
    }

    /// <summary>
    /// Consumers of one group share its messages, and ack the types they have no handler for: two that handle different types would ack
    /// each other's messages unhandled. On a queue, two groups would take messages from each other.
    /// </summary>
    /// <exception cref="RedisMessagingConfigurationException">A consumer that runs conflicts with the new one.</exception>
    public void CheckAgainst(ConsumerDefinition consumer)
    {
        MessageSubscription[] others;
        lock (_lock)
        {
            others = [.. _subscriptions.Where(running => running.Consumer.Topic == consumer.Topic)];
        }

        ConsumerDefinitions.RefuseSecondGroup(consumer.Topic, others.Select(other => other.Consumer).Append(consumer));
        if (!consumer.Topic.Capabilities.CompetingConsumers || consumer.Broadcast)
        {
            return;
        }

        if (Array.Find(others, other => Conflict(other.Consumer, consumer)) is { } conflicting)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{consumer.Topic.Name}', group '{consumer.Group}': this process consumes {Describe(conflicting.Consumer)} in that "
                    + "group already, "
                + $"and {Describe(consumer)} in the same group would share its messages: each would ack the other's types unhandled. Give "
                + "it another Group.");
        }
    }

    private bool TryAdd<T>(HashSet<T> open, T opened)
    {
        lock (_lock)
        {
            return !_isClosed && open.Add(opened);
        }
    }

    private static bool Conflict(ConsumerDefinition running, ConsumerDefinition added) =>
        Overlap(running, added) && running.Group == added.Group && !running.Broadcast && !running.Types.SetEquals(added.Types);

    /// <summary>Two members of a family have nothing in common; a family and its member do.</summary>
    private static bool Overlap(ConsumerDefinition one, ConsumerDefinition other) =>
        one.Address == other.Address || one.Address == one.Topic.Name || other.Address == other.Topic.Name;

    private static string Describe(ConsumerDefinition consumer) =>
        string.Join(", ", consumer.Types.Select(type => $"'{consumer.Topic.NameOf(type)}'"));
}
