using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Keeps aside what a group gave up on, once for all of its processes. Best effort: a subscription goes on whatever Redis says.</summary>
internal sealed class PubSubDeadLetters(TransportContext context, PubSubChannels channels)
{
    private static readonly string AddScript = EmbeddedScript.Load("pubsub-dead.lua");
    private static readonly string RedriveScript = EmbeddedScript.Load("pubsub-redrive.lua");

    private readonly RedisKey[] _keys = [context.Keys.DeadLetters, context.Keys.DeadLetterIndex];

    public async Task AddAsync(Settlement settlement, string group)
    {
        var delivery = settlement.Delivery;
        try
        {
            var database = context.Connections.Database;
            var added = (bool)await database.ScriptEvaluateAsync(
                AddScript,
                _keys,
                [
                    group, delivery.Frame, settlement.Reason ?? "", settlement.Detail ?? "", context.Topic, channels.StoredNameOf(delivery.Channel),
                    Math.Max(settlement.Starts, delivery.Starts),
                ]).ConfigureAwait(false);
            if (added)
            {
                await DeadLetterTrim.NowAsync(context, database, Instruments.Consumer(context.Topic, group)).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            var reason = settlement.Reason ?? "";
            context.Instruments.Dropped.Add(1, Instruments.Consumer(context.Topic, group, DeadLetterReason.Tag(reason)));
            Log.PubSubDeadLetterLost(context.Logger, settlement.MessageId, context.Topic, delivery.Channel, reason, error);
        }
    }

    public async ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return (bool)await database.ScriptEvaluateAsync(
            RedriveScript,
            _keys,
            [letter.Id, frame, channels.StoredNameOf(context.Topic), context.Connections.IsCluster && !channels.IsSharded ? 1 : 0, channels.PublishCommand, channels.WirePrefix]).ConfigureAwait(false);
    }
}
