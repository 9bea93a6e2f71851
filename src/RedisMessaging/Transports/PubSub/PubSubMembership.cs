using System.Net;
using RedisMessaging.Background;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// One receiver's part in a channel. StackExchange.Redis keeps one subscription a channel with a queue for every member, sends SUBSCRIBE for the first and
/// UNSUBSCRIBE after the last.
/// </summary>
internal sealed class PubSubMembership
{
    // It takes two steps to see that the last member left and to forget the subscription: whoever joined between them would be forgotten, too. Both steps
    // are over when the call returns its task, so the lock is held for microseconds; it is one for all because topics may share channels.
    private static readonly Lock Gate = new();
    private static readonly Action<RedisChannel, RedisValue> Probe = static (_, _) => { };

    private readonly ISubscriber _subscriber;
    private readonly RedisChannel _channel;
    private readonly ChannelMessageQueue _queue;

    private PubSubMembership(ISubscriber subscriber, RedisChannel channel, ChannelMessageQueue queue)
    {
        _subscriber = subscriber;
        _channel = channel;
        _queue = queue;
    }

    /// <summary>Where the channel is subscribed to, by the server's word; <see langword="null"/> while it is not.</summary>
    public EndPoint? Endpoint => _subscriber.SubscribedEndpoint(_channel);

    /// <summary>Whether there is a connection to subscribe on.</summary>
    public bool IsConnected => _subscriber.Multiplexer.IsConnected;

    /// <summary>Joins. When it returns, the server has confirmed the subscription.</summary>
    /// <remarks>
    /// SubscribeAsync(channel) alone would leave its queue in the subscription when it fails, out of reach, filling without bound once Redis is back. So a
    /// handler that does nothing waits for the server's word, since a handler can be taken back, and the queue joins what is known to be live.
    /// </remarks>
    public static async Task<PubSubMembership> JoinAsync(ISubscriber subscriber, RedisChannel channel, CancellationToken cancellationToken)
    {
        await SubscribeProbeAsync(subscriber, channel, cancellationToken).ConfigureAwait(false);
        Task<ChannelMessageQueue> joined;
        lock (Gate)
        {
            // Nothing is asked of the server for a channel that is live.
            joined = subscriber.SubscribeAsync(channel, CommandFlags.FireAndForget);
            LeaveProbe(subscriber, channel);
        }

        return new PubSubMembership(subscriber, channel, await joined.ConfigureAwait(false));
    }

    /// <summary>
    /// Subscribes again what is subscribed to nowhere. StackExchange.Redis does that itself when a connection is back, but once: what the server refuses then, it asks for
    /// again only when it looks at the server anew, a minute later.
    /// </summary>
    public async Task RejoinAsync(CancellationToken cancellationToken)
    {
        await SubscribeProbeAsync(_subscriber, _channel, cancellationToken).ConfigureAwait(false);
        lock (Gate)
        {
            LeaveProbe(_subscriber, _channel);
        }
    }

    /// <summary>A round trip on the connection that subscriptions live on.</summary>
    public Task PingAsync() => _subscriber.PingAsync();

    /// <summary>Calls back for each message, one after the other, in order, on a thread of the pool.</summary>
    public void OnMessage(Action<ChannelMessage> callback) => BackgroundLoop.Call(() => _queue.OnMessage(callback));

    /// <summary>Leaves. Members of the same channel stay.</summary>
    public Task LeaveAsync()
    {
        lock (Gate)
        {
            return _queue.UnsubscribeAsync();
        }
    }

    private static async Task SubscribeProbeAsync(ISubscriber subscriber, RedisChannel channel, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task confirmed;
        lock (Gate)
        {
            confirmed = subscriber.SubscribeAsync(channel, Probe);
        }

        try
        {
            await confirmed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _ = LeaveProbeWhenKnownAsync(subscriber, channel, confirmed);
            throw;
        }
    }

    /// <summary>
    /// Given up, a SUBSCRIBE may still be carried out. Left before that, it would never be followed by an UNSUBSCRIBE: StackExchange.Redis sends one only for what
    /// it knows to be live, and knows it a moment after it said so, hence the ping.
    /// </summary>
    private static async Task LeaveProbeWhenKnownAsync(ISubscriber subscriber, RedisChannel channel, Task confirmed)
    {
        try
        {
            await confirmed.ConfigureAwait(false);
            await subscriber.PingAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // It never became live, or is no more.
        }

        lock (Gate)
        {
            LeaveProbe(subscriber, channel);
        }
    }

    private static void LeaveProbe(ISubscriber subscriber, RedisChannel channel) => subscriber.Unsubscribe(channel, Probe, CommandFlags.FireAndForget);
}
