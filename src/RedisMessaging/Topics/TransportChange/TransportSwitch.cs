using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.TransportChange;

/// <summary>
/// Looks at start-up whether a topic's other transports still hold unhandled messages. Data keys differ for each transport, so nothing
/// collides; but no consumer would ever handle those.
/// </summary>
internal sealed class TransportSwitch(
    BusModel model,
    Func<TopicDefinition, ITransport> create,
    ConsumerHost consumers,
    TimeProvider time,
    ILogger logger)
{
    /// <returns>The drains it started.</returns>
    /// <exception cref="RedisMessagingConfigurationException">
    /// Something is left and <see cref="OnTransportChange.Fail"/> is set, or it can't be drained.
    /// </exception>
    public async Task<IReadOnlyList<TransportDrain>> CheckAsync(CancellationToken cancellationToken)
    {
        var drains = new List<TransportDrain>();
        try
        {
            // An exact key is the same on all transports: what stands there is the topic's own now, or of another type, which is refused.
            foreach (var topic in model.Topics.Where(topic => topic.Options.Key is null))
            {
                foreach (var other in TransportCatalog.All.Where(factory => factory.Kind != topic.Kind))
                {
                    await CheckAsync(topic, other, drains, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch
        {
            foreach (var drain in drains)
            {
                await drain.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        return drains;
    }

    private async Task CheckAsync(
        TopicDefinition topic,
        ITransportFactory other,
        List<TransportDrain> drains,
        CancellationToken cancellationToken)
    {
        var options = other.CreateOptions();
        topic.Options.CopySharedTo(options);
        var former = new TopicDefinition(topic.Name, other, options, [.. topic.MessageTypes]);
        var transport = create(former);
        var draining = false;
        try
        {
            var left = await CountAsync(topic, former, transport, cancellationToken).ConfigureAwait(false);
            if (left == 0)
            {
                return;
            }

            switch (model.Options.OnTransportChange)
            {
                case OnTransportChange.Fail:
                    throw new RedisMessagingConfigurationException(
                        $"Topic '{topic.Name}' is on {topic.Kind} now, but {left} unhandled messages are left on {other.Kind}. Set "
                            + "OnTransportChange to Drain to handle them first, to Warn to leave them, or set the topic's Transport back "
                            + $"to {other.Kind}.");
                case OnTransportChange.Warn:
                    Log.TransportChanged(logger, topic.Name, topic.Kind, left, other.Kind);
                    return;
            }

            var drain = await PlanAsync(topic, former, transport, left, cancellationToken).ConfigureAwait(false);
            if (drain is not null)
            {
                draining = true;
                drains.Add(drain);
                Log.DrainStarted(logger, topic.Name, topic.Kind, left, other.Kind);
                await drain.StartAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!draining)
            {
                await transport.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<long> CountAsync(
        TopicDefinition topic,
        TopicDefinition former,
        ITransport transport,
        CancellationToken cancellationToken)
    {
        try
        {
            return await transport.CountUnhandledAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.Classify(error) is FaultKind.NoPermission or FaultKind.ReadOnly)
        {
            // Pub/Sub works for a user with no other rights, and on a replica.
            Log.TransportChangeUnknown(logger, topic.Name, former.Kind, error);
            return 0;
        }
        catch (Exception error) when (RedisErrors.Classify(error) is FaultKind.WrongType)
        {
            // Names the key and what it holds.
            await transport.CheckAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<TransportDrain?> PlanAsync(
        TopicDefinition topic,
        TopicDefinition former,
        ITransport transport,
        long left,
        CancellationToken cancellationToken)
    {
        var own = model.Consumers.Where(consumer => consumer.Topic == topic).ToList();
        if (own.Count == 0)
        {
            Log.NothingToDrainWith(logger, topic.Name, left, former.Kind);
            return null;
        }

        if (!transport.Capabilities.Groups && own.DistinctBy(consumer => consumer.Group).Count() > 1)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}' can't be drained from {former.Kind}: each of its {left} messages goes to one consumer only, but the "
                    + $"topic has the groups {Quote(own.Select(consumer => consumer.Group))} now. Drain it with one group first.");
        }

        var groups = await transport.ListGroupsAsync(cancellationToken).ConfigureAwait(false);
        var orphaned = groups.Except(own.Select(consumer => consumer.Group), StringComparer.Ordinal).ToList();
        if (orphaned.Count > 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}' can't be drained from {former.Kind}: its groups {Quote(orphaned)} have no handler in this process. "
                    + "Give a handler that Group, or delete the group in Redis (XGROUP DESTROY).");
        }

        return new TransportDrain(topic.Name, former.Kind, transport, OpenAsync, time, logger);

        async Task<IReadOnlyList<MessageSubscription>> OpenAsync(ITransport from, CancellationToken token)
        {
            var opened = new List<MessageSubscription>();
            foreach (var consumer in own)
            {
                opened.Add(
                    await consumers.OpenAsync(
                        consumer with { Topic = former, Broadcast = false, StartAt = StartPosition.Beginning },
                        from,
                        token).ConfigureAwait(false));
            }

            return opened;
        }
    }

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
