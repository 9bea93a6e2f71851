using RedisMessaging;

namespace SwitchTransport;

/// <summary>What each transport promises, for the table.</summary>
internal static class Promise
{
    public static string Of(string transport) => transport switch
    {
        nameof(TransportKind.PubSub) => "at most once: what is published while nobody listens is gone",
        nameof(TransportKind.Queue) => "at least once: what the killed consumer held comes back when its lease ends, maybe twice, behind later ones",
        _ => "at least once, to every group, and kept for those to come",
    };
}
