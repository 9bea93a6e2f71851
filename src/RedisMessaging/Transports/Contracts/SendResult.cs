using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Publishing.Repeats;

namespace RedisMessaging.Transports.Contracts;

/// <summary>What became of one frame: a StackExchange.Redis exception, or what the transport knows of the stored message.</summary>
/// <param name="OwnDuplicate">The id is known, and probably from an earlier attempt at this very publish.</param>
/// <param name="MayBeStored">Set by <c>SendRules</c>: it failed, and some attempt at it may have stored it all the same.</param>
internal readonly record struct SendResult(long? Receivers = null, string? Position = null, bool Duplicate = false, bool OwnDuplicate = false, Exception? Error = null, bool MayBeStored = false)
{
    /// <summary>Of one that may be stored: what it can be repeated with, where the server can recognise a repeat.</summary>
    public PublishMark? Mark { get; init; }

    /// <summary>Not due yet: how long from now, by the server's clock.</summary>
    public TimeSpan? DueIn { get; init; }

    /// <summary>How many messages the topic has ever been given, this one included, where that was looked at.</summary>
    public long? Version { get; init; }
}
