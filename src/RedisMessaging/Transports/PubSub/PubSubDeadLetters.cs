using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Keeps aside what a group gave up on, once for all of its processes. Best effort: a subscription goes on whatever Redis says.</summary>
internal sealed class PubSubDeadLetters : IAsyncDisposable
{
    private readonly TransportContext _context;
    private readonly PubSubChannels _channels;
    private readonly RefusedDeadLetters _refused;

    /// <param name="group">Who gives up on the messages.</param>
    public PubSubDeadLetters(TransportContext context, PubSubChannels channels, string group)
    {
        _context = context;
        _channels = channels;
        _refused = new RefusedDeadLetters(context, settlement => WriteAsync(settlement, group), (settlement, error) => Drop(settlement, group, error));
    }

    public async Task AddAsync(Settlement settlement, string group)
    {
        try
        {
            await WriteAsync(settlement, group).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            if (!SettleRefusals.IsRefusal(error) || !_refused.TryAdd(settlement))
            {
                Drop(settlement, group, error);
            }
        }
    }

    public static async ValueTask<bool> RedriveAsync(TransportContext context, PubSubChannels channels, DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return (bool)await PubSubCalls.Redrive(
            context.Keys.DeadLetters,
            context.Keys.DeadLetterIndex,
            id: letter.Id,
            message: frame,
            fallbackChannel: channels.StoredNameOf(context.Topic),
            ignoresCount: context.Connections.IsCluster && !channels.IsSharded ? 1 : 0,
            command: channels.PublishCommand,
            channelPrefix: channels.WirePrefix).RunAsync(database).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _refused.DisposeAsync();

    private async Task WriteAsync(Settlement settlement, string group)
    {
        var delivery = settlement.Delivery;
        var database = _context.Connections.Database;
        var added = (bool)await PubSubCalls.DeadLetter(
            _context.Keys.DeadLetters,
            _context.Keys.DeadLetterIndex,
            group: group,
            message: delivery.Frame,
            reason: settlement.Reason ?? "",
            detail: settlement.Detail ?? "",
            topic: _context.Topic,
            channel: _channels.StoredNameOf(delivery.Channel),
            starts: Math.Max(settlement.Starts, delivery.Starts)).RunAsync(database).ConfigureAwait(false);
        if (added)
        {
            await TrimAsync(database, group).ConfigureAwait(false);
        }
    }

    private async Task TrimAsync(IDatabase database, string group)
    {
        try
        {
            await DeadLetterTrim.NowAsync(_context, database, Instruments.Consumer(_context.Topic, group)).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // It is written; the next one trims.
        }
    }

    private void Drop(in Settlement settlement, string group, Exception error)
    {
        var reason = settlement.Reason ?? "";
        _context.Instruments.Dropped.Add(1, Instruments.Consumer(_context.Topic, group, DeadLetterReason.Tag(reason)));
        Log.PubSubDeadLetterLost(_context.Logger, settlement.MessageId, _context.Topic, settlement.Delivery.Channel, reason, error);
    }
}
