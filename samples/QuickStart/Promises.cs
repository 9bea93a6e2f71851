using RedisMessaging;

namespace QuickStart;

/// <summary>What each transport promises, in a line.</summary>
internal static class Promises
{
    public static string Of(TransportKind transport) => transport switch
    {
        TransportKind.PubSub => "at most once, to every live subscriber; kept nowhere; a failed message is tried again in process",
        TransportKind.Queue => "at least once, to one of the competing consumers; kept until acked; a dead consumer's messages come back when its lease ends",
        TransportKind.Stream => "at least once, to one consumer of every group; kept until trimmed, so a new group can read it all; leases as on a queue",
        _ => throw new ArgumentOutOfRangeException(nameof(transport)),
    };
}
