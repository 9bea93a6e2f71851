using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Consuming.Deduplication;

/// <summary>What a group has acked lately. Acks write it, each in one step with itself; here it is read.</summary>
/// <param name="keyOf">From a delivery's channel: a family's members remember each their own.</param>
internal sealed class HandledMessages(
    RedisConnections connections,
    Func<string, RedisKey> keyOf,
    ConsumerIdentity identity,
    TimeProvider time,
    ILogger logger,
    Instruments instruments)
{
    /// <summary>Looks a message up before its handler is started. The ack of one that is not known will remember it.</summary>
    /// <returns>False when it must not be started: it was handled before, or the lease was lost while Redis did not answer.</returns>
    /// <exception cref="OperationCanceledException">Redis did not answer until then.</exception>
    public async ValueTask<bool> AdmitsAsync(InFlightMessage held, string messageId, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (held.IsOpen)
        {
            try
            {
                if (await connections.Database.SortedSetScoreAsync(keyOf(held.Delivery.Channel), messageId).ConfigureAwait(false) is null)
                {
                    held.HandledId = messageId;
                    return held.IsOpen;
                }

                instruments.AlreadyHandled.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
                Log.AlreadyHandled(logger, messageId, identity.Topic, identity.Group);
                return false;
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                Log.InboxFailed(logger, messageId, identity.Topic, identity.Group, error);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }
}
