using StackExchange.Redis;

namespace RedisMessaging.Connections;

/// <summary>A stream of one entry that is added to when somebody should have a look, and who is to have it in this process.</summary>
internal sealed class Bell(RedisKey key, Action rung)
{
    /// <summary>Before every entry: a ring may have been missed.</summary>
    public const string Beginning = "0-0";

    private volatile bool _isDenied;

    public RedisKey Key { get; } = key;

    /// <summary>The last entry that was read; used by the reader alone.</summary>
    public string LastId { get; set; } = Beginning;

    /// <summary>An ACL forbids to read it: whoever relies on it has to look by itself.</summary>
    public bool IsDenied { get => _isDenied; set => _isDenied = value; }

    public void Ring() => rung();
}
