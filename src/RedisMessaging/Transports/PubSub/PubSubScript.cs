using System.Buffers.Text;
using RedisMessaging.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>Publishes many messages on one channel with one script: a PUBLISH each costs client and server more than its message.</summary>
internal sealed class PubSubScript(RedisConnections connections)
{
    private static readonly string Publish = EmbeddedScript.Load("pubsub-publish.lua");

    private volatile bool _isDenied;

    /// <summary>Where a publisher may PUBLISH and run no scripts.</summary>
    public bool IsDenied => _isDenied;

    /// <returns>False when the script was refused, and nothing was published: a PUBLISH each may still be allowed, and tells what is wrong otherwise.</returns>
    public async ValueTask<bool> TryRunAsync(IDatabase database, RedisChannel channel, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results)
    {
        var calls = new Task<RedisResult>[(frames.Length + SendSize.MostPerScript - 1) / SendSize.MostPerScript];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = CallAsync(database, channel, PartOf(frames, i).Span);
        }

        for (var i = 0; i < calls.Length; i++)
        {
            var part = results.Slice(i * SendSize.MostPerScript, PartOf(frames, i).Length);
            try
            {
                Read(await calls[i].ConfigureAwait(false), part.Span);
            }
            catch (RedisServerException refused) when (i == 0)
            {
                _isDenied = RedisErrors.IsDenied(refused);
                await ((Task)Task.WhenAll(calls)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return false;
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // One script, one fate.
                part.Span.Fill(new SendResult(Error: error));
            }
        }

        return true;
    }

    private static ReadOnlyMemory<OutgoingFrame> PartOf(ReadOnlyMemory<OutgoingFrame> frames, int index)
    {
        var start = index * SendSize.MostPerScript;
        return frames.Slice(start, Math.Min(SendSize.MostPerScript, frames.Length - start));
    }

    private static void Read(RedisResult reply, Span<SendResult> results)
    {
        ReadOnlySpan<byte> counts = ((ReadOnlyMemory<byte>)(RedisValue)reply).Span;
        foreach (ref var result in results)
        {
            result = Utf8Parser.TryParse(counts, out long receivers, out var digits)
                ? new SendResult(Receivers: receivers)
                : throw new InvalidOperationException($"'{reply}' is no answer of the script.");
            counts = counts[Math.Min(digits + 1, counts.Length)..];
        }
    }

    private Task<RedisResult> CallAsync(IDatabase database, RedisChannel channel, ReadOnlySpan<OutgoingFrame> frames)
    {
        var arguments = new RedisValue[1 + frames.Length];
        // What StackExchange.Redis puts in front of a channel of its own accord, it does not put in front of an argument.
        arguments[0] = connections.ChannelPrefix + channel.ToString();
        for (var i = 0; i < frames.Length; i++)
        {
            arguments[i + 1] = frames[i].Bytes;
        }

        try
        {
            return database.ScriptEvaluateAsync(Publish, values: arguments);
        }
        catch (Exception error)
        {
            // A closed multiplexer throws instead of returning a failed task.
            return Task.FromException<RedisResult>(error);
        }
    }
}
