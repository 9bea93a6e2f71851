using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using StackExchange.Redis;

namespace RedisMessaging.Requests;

/// <summary>Asks for the rights that the reader of replies needs, so that the first request fails with what is missing.</summary>
internal sealed class ReplyRights(RedisConnections connections, string prefix, RedisKey key)
{
    private volatile bool _isGranted;

    /// <summary>Asks Redis until it has granted them once.</summary>
    /// <exception cref="RedisMessagingConfigurationException">An ACL denies a command or the key.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (_isGranted)
        {
            return;
        }

        var database = await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(
                database.ExecuteAsync("XREAD", ["COUNT", 1, "STREAMS", key, StreamEnd.Beginning]),
                database.ExecuteAsync("XDEL", [key, StreamEnd.Beginning])).WaitAsync(cancellationToken).ConfigureAwait(false);
            _isGranted = true;
        }
        catch (Exception error) when (RedisErrors.Classify(error) is FaultKind.NoPermission)
        {
            var text = BoundedText.MessageOf(error);
            var advice = AclAdvice.For(text, connections.User, ReplyKey.PatternOf(prefix), "");
            throw new RedisMessagingConfigurationException(
                $"Requests need a stream for their replies, and Redis refuses user '{connections.User}' the key '{key}' "
                + $"or a command on it (XREAD, XDEL, DEL). {text}. {advice}",
                error);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // Away for now: the reader waits for it, as publishing does.
        }
    }
}
