using System.Globalization;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Scripting;

/// <summary>
/// Sends frames that take more than an append: a look at the ids that were published lately, or a place in the schedule. One script does it
/// together with the append, so that an id is never remembered without its message. What all such scripts share stands in send.lua.
/// </summary>
/// <param name="topic">The topic's name, for what is refused.</param>
/// <param name="script">The transport's script.</param>
/// <param name="keys">The key to append to, then those that send.lua names.</param>
/// <param name="window">For how long ids are remembered.</param>
internal sealed class SendScript(string topic, string script, RedisKey[] keys, TimeSpan window)
{
    // A script keeps the server from everybody else.
    private const int MostAtOnce = 100;
    private const int Shared = 2;
    private const int PerFrame = 5;

    /// <summary>Stored now, without a position; with a number behind it, to be stored in so many milliseconds.</summary>
    private const char Stored = '+';

    private const char Duplicate = '=';

    /// <summary>With the position behind it, where it was found.</summary>
    private const char OwnDuplicate = '~';

    /// <summary>With the reason behind it.</summary>
    private const char Refused = '!';

    /// <summary>With what Redis said behind it: this one is not stored, whatever became of the others.</summary>
    private const char Failed = '-';

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

    /// <summary>Whether either all of them are stored or none: none may be when somebody else's message has come in between.</summary>
    public static bool IsAllOrNone(ReadOnlySpan<OutgoingFrame> frames)
    {
        foreach (ref readonly var frame in frames)
        {
            if (frame.ExpectedVersion is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="tags">What repeats of frames that need no script are known by, where the transport can use that.</param>
    public async ValueTask RunAsync(
        IDatabase database,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        PublishTags tags = default)
    {
        var allOrNone = IsAllOrNone(frames.Span);
        var mostAtOnce = allOrNone ? frames.Length : MostAtOnce;
        // All on their way at once: the connection keeps their order.
        var calls = new Task<RedisResult>[(frames.Length + mostAtOnce - 1) / mostAtOnce];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = CallAsync(
                database,
                Part(frames, i, mostAtOnce).Span,
                allOrNone,
                tags with { First = tags.First + (i * mostAtOnce) });
        }

        for (var i = 0; i < calls.Length; i++)
        {
            var part = Part(results, i, mostAtOnce);
            try
            {
                Read((RedisValue[])(await calls[i].ConfigureAwait(false))!, Part(frames, i, mostAtOnce).Span, part.Span);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // One script, one fate.
                part.Span.Fill(new SendResult(Error: error));
            }
        }
    }

    private static ReadOnlyMemory<T> Part<T>(ReadOnlyMemory<T> all, int index, int size) =>
        all.Slice(index * size, Math.Min(size, all.Length - (index * size)));

    private static Memory<T> Part<T>(Memory<T> all, int index, int size) =>
        all.Slice(index * size, Math.Min(size, all.Length - (index * size)));

    private void Read(RedisValue[] replies, ReadOnlySpan<OutgoingFrame> frames, Span<SendResult> results)
    {
        for (var i = 0; i < results.Length; i++)
        {
            var reply = (string)replies[i]!;
            results[i] = reply switch
            {
                [Stored] => default,
                [Stored, .. var dueIn] =>
                    new SendResult { DueIn = TimeSpan.FromMilliseconds(long.Parse(dueIn, CultureInfo.InvariantCulture)) },
                [Duplicate] => new SendResult(Duplicate: true),
                [OwnDuplicate, .. var found] =>
                    new SendResult(
                        Position: frames[i].Position?.ToString() ?? (found.Length > 0 ? found : null),
                        Duplicate: true,
                        OwnDuplicate: true)
                    { Version = frames[i].ExpectedVersion + 1 },
                [Refused, .. var reason] => new SendResult(Error: Refuse(frames[i], reason)),
                [Failed, .. var error] => new SendResult(Error: new RedisServerException(error)),
                _ => ReadStored(reply),
            };
        }
    }

    private static SendResult ReadStored(string reply) => reply.Split(' ') is [var position, var version]
        ? new SendResult(Position: position) { Version = long.Parse(version, CultureInfo.InvariantCulture) }
        : new SendResult(Position: reply);

    /// <summary>The version that the message expected, <c>@</c> and its position; nothing where it says neither.</summary>
    private static RedisValue Condition(in OutgoingFrame frame) => frame switch
    {
        { ExpectedVersion: null, Position: null } => RedisValue.EmptyString,
        { Position: null } => frame.ExpectedVersion,
        _ => string.Create(CultureInfo.InvariantCulture, $"{frame.ExpectedVersion}@{frame.Position}"),
    };

    /// <param name="reason"><c>v</c> and the topic's version, or <c>p</c> and its last position.</param>
    private PublishRefusedException Refuse(in OutgoingFrame frame, string reason) => reason[0] == 'v'
        ? new VersionConflictException(
            topic,
            frame.MessageId,
            frame.ExpectedVersion,
            long.Parse(reason.AsSpan(1), CultureInfo.InvariantCulture))
        : new PublishRefusedException(
            topic,
            frame.MessageId,
            $"its Position is '{frame.Position}', and the stream's last one is '{reason[1..]}': a stream takes only what comes behind "
            + "that.");

    /// <summary>Nothing, or how long from now (<c>+1500</c>), or until when (<c>@1763712000123</c>), in milliseconds.</summary>
    private static RedisValue Due(in OutgoingFrame frame) => frame switch
    {
        { Delay: { } delay } => string.Create(CultureInfo.InvariantCulture, $"+{Math.Ceiling(delay.TotalMilliseconds):F0}"),
        { NotBefore: { } instant } => string.Create(CultureInfo.InvariantCulture, $"@{instant.ToUnixTimeMilliseconds()}"),
        _ => RedisValue.EmptyString,
    };

    private static RedisValue TagOf(in OutgoingFrame frame, in PublishTags tags, int index) => frame switch
    {
        { Mark: { } mark } =>
            string.Create(CultureInfo.InvariantCulture, $"#{mark.Producer} {mark.Number} {mark.Elapsed.TotalMilliseconds:F0}"),
        { NeedsScript: false } when tags.Any =>
            string.Create(CultureInfo.InvariantCulture, $"#{tags.ProducerOf(index)} {tags.NumberOf(index)}"),
        _ => RedisValue.EmptyString,
    };

    private Task<RedisResult> CallAsync(IDatabase database, ReadOnlySpan<OutgoingFrame> frames, bool allOrNone, PublishTags tags)
    {
        var arguments = new RedisValue[Shared + (PerFrame * frames.Length)];
        arguments[0] = (long)window.TotalMilliseconds;
        arguments[1] = allOrNone ? "all" : RedisValue.EmptyString;
        for (var i = 0; i < frames.Length; i++)
        {
            var at = Shared + (PerFrame * i);
            arguments[at] = frames[i].MessageId;
            arguments[at + 1] = frames[i].IsIdempotent && window > TimeSpan.Zero ? frames[i].PublishNumber : TagOf(frames[i], tags, i);
            arguments[at + 2] = Due(frames[i]);
            arguments[at + 3] = Condition(frames[i]);
            arguments[at + 4] = frames[i].Bytes;
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
