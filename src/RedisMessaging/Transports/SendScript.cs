using System.Globalization;
using RedisMessaging.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Transports;

/// <summary>
/// Sends frames that take more than an append: a look at the ids that were published lately, or a place in the schedule. One script does it together with the append,
/// so that an id is never remembered without its message. What all such scripts share stands in send.lua.
/// </summary>
/// <param name="script">The transport's script.</param>
/// <param name="keys">The key to append to, then those that send.lua names.</param>
/// <param name="window">For how long ids are remembered.</param>
/// <param name="appendArgument">What the transport's append needs to know beside the frame.</param>
internal sealed class SendScript(string script, RedisKey[] keys, TimeSpan window, RedisValue appendArgument)
{
    // A script keeps the server from everybody else.
    private const int MostAtOnce = 100;
    private const int Shared = 2;
    private const int PerFrame = 4;

    /// <summary>Stored now, without a position; with a number behind it, to be stored in so many milliseconds.</summary>
    private const char Stored = '+';

    private const string Duplicate = "=";

    private const string OwnDuplicate = "~";

    public static bool IsNeededFor(ReadOnlySpan<OutgoingFrame> frames)
    {
        foreach (ref readonly var frame in frames)
        {
            if (frame.NeedsScript)
            {
                return true;
            }
        }

        return false;
    }

    public async ValueTask RunAsync(IDatabase database, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results)
    {
        // All on their way at once: the connection keeps their order.
        var calls = new Task<RedisResult>[(frames.Length + MostAtOnce - 1) / MostAtOnce];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = CallAsync(database, Part(frames, i).Span);
        }

        for (var i = 0; i < calls.Length; i++)
        {
            var part = Part(results, i);
            try
            {
                Read((RedisValue[])(await calls[i].ConfigureAwait(false))!, part.Span);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // One script, one fate.
                part.Span.Fill(new SendResult(Error: error));
            }
        }
    }

    private static ReadOnlyMemory<T> Part<T>(ReadOnlyMemory<T> all, int index) => all.Slice(index * MostAtOnce, Math.Min(MostAtOnce, all.Length - (index * MostAtOnce)));

    private static Memory<T> Part<T>(Memory<T> all, int index) => all.Slice(index * MostAtOnce, Math.Min(MostAtOnce, all.Length - (index * MostAtOnce)));

    private static void Read(RedisValue[] replies, Span<SendResult> results)
    {
        for (var i = 0; i < results.Length; i++)
        {
            var reply = (string)replies[i]!;
            results[i] = reply switch
            {
                [Stored] => default,
                [Stored, .. var dueIn] => new SendResult { DueIn = TimeSpan.FromMilliseconds(long.Parse(dueIn, CultureInfo.InvariantCulture)) },
                Duplicate => new SendResult(Duplicate: true),
                OwnDuplicate => new SendResult(Duplicate: true, OwnDuplicate: true),
                _ => new SendResult(Position: reply),
            };
        }
    }

    /// <summary>Nothing, or how long from now (<c>+1500</c>), or until when (<c>@1763712000123</c>), in milliseconds.</summary>
    private static RedisValue Due(in OutgoingFrame frame) => frame switch
    {
        { Delay: { } delay } => string.Create(CultureInfo.InvariantCulture, $"+{Math.Ceiling(delay.TotalMilliseconds):F0}"),
        { NotBefore: { } instant } => string.Create(CultureInfo.InvariantCulture, $"@{instant.ToUnixTimeMilliseconds()}"),
        _ => RedisValue.EmptyString,
    };

    private Task<RedisResult> CallAsync(IDatabase database, ReadOnlySpan<OutgoingFrame> frames)
    {
        var arguments = new RedisValue[Shared + (PerFrame * frames.Length)];
        arguments[0] = appendArgument;
        arguments[1] = (long)window.TotalMilliseconds;
        for (var i = 0; i < frames.Length; i++)
        {
            var at = Shared + (PerFrame * i);
            arguments[at] = frames[i].MessageId;
            arguments[at + 1] = frames[i].IsIdempotent && window > TimeSpan.Zero ? frames[i].PublishNumber : RedisValue.EmptyString;
            arguments[at + 2] = Due(frames[i]);
            arguments[at + 3] = frames[i].Bytes;
        }

        try
        {
            return database.ScriptEvaluateAsync(script, keys, arguments);
        }
        catch (Exception error)
        {
            // A closed multiplexer throws instead of returning a failed task.
            return Task.FromException<RedisResult>(error);
        }
    }
}
