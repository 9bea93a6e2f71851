using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing;

/// <summary>
/// What goes with an expected version is stored in one step, all of it or nothing: were each message's version compared by itself, a
/// conflict of the first could be followed by one whose version happens to be right.
/// </summary>
internal static class AtomicPublish
{
    /// <summary>The most that one step takes: the server does nothing else meanwhile.</summary>
    public const int Most = 1_000;

    public static bool IsAskedOf(ReadOnlySpan<OutgoingFrame> frames) => SendScript.IsAllOrNone(frames);

    /// <exception cref="PublishRefusedException">They can't be stored so.</exception>
    public static void Check(string topic, ReadOnlySpan<OutgoingFrame> frames, bool isWhole)
    {
        if (!isWhole)
        {
            throw Refuse(
                topic,
                frames[0],
                $"with an ExpectedVersion the messages of one call are stored all or none, and at most {Most} are allowed. Publish them "
                + "in parts, each with the version that the previous part made.");
        }

        var ids = new HashSet<string>(frames.Length, StringComparer.Ordinal);
        long? before = null;
        for (var i = 0; i < frames.Length; i++)
        {
            ref readonly var frame = ref frames[i];
            var start = frame.ExpectedVersion - i;
            if (before is not null && start is not null && start != before)
            {
                throw Refuse(
                    topic,
                    frame,
                    $"it expects version {frame.ExpectedVersion}, but after the messages before it the stream has version {before + i}. "
                    + "Count up from message to message, or set ExpectedVersion on the first one only.");
            }

            before ??= start;
            if (!ids.Add(frame.MessageId))
            {
                throw Refuse(
                    topic,
                    frame,
                    "another message of the same call has its MessageId: with an ExpectedVersion each needs its own.");
            }

            if (frame.Position is null != frames[0].Position is null
                || (i > 0 && frame.Position?.CompareTo(frames[i - 1].Position!.Value) <= 0))
            {
                throw Refuse(
                    topic,
                    frame,
                    "its Position does not follow that of the message before it: with an ExpectedVersion either all messages of one call "
                    + "have one, in ascending order, or none has.");
            }
        }
    }

    private static PublishRefusedException Refuse(string topic, in OutgoingFrame frame, string reason) =>
        PublishRefusedException.Mistake(topic, frame.MessageId, reason);
}
