namespace RedisMessaging.Transports.Streams;

/// <summary>The transport's Lua scripts; what each takes and returns is said at its top.</summary>
internal static class StreamScripts
{
    private const string Seen = "stream-seen.lua";

    public static string Append { get; } = EmbeddedScript.Load("stream-append.lua");

    public static string Open { get; } = EmbeddedScript.Load(Seen, "stream-open.lua");

    public static string Floor { get; } = EmbeddedScript.Load(Seen, "stream-floor.lua");

    public static string Position { get; } = EmbeddedScript.Load("stream-position.lua");

    public static string Idle { get; } = EmbeddedScript.Load(Seen, "stream-idle.lua");

    public static string Reclaim { get; } = EmbeddedScript.Load("stream-reclaim.lua");

    public static string Keep { get; } = EmbeddedScript.Load("stream-keep.lua");

    public static string Trimmed { get; } = EmbeddedScript.Load("stream-trimmed.lua");

    public static string Settle { get; } = EmbeddedScript.Load("later.lua", "stream-settle.lua");

    public static string Again { get; } = EmbeddedScript.Load("group-again.lua");

    public static string Create { get; } = EmbeddedScript.Load(Seen, "group-create.lua");

    public static string Seek { get; } = EmbeddedScript.Load(Seen, "group-seek.lua");

    public static string Destroy { get; } = EmbeddedScript.Load("group-destroy.lua");

    public static string Trim { get; } = EmbeddedScript.Load(Seen, "stream-trim.lua");

    public static string Remove { get; } = EmbeddedScript.Load(Seen, "stream-remove.lua");

    public static string Tidy { get; } = EmbeddedScript.Load("stream-tidy.lua");

    public static string Drop { get; } = EmbeddedScript.Load("stream-drop.lua");

    public static string Hold { get; } = EmbeddedScript.Load("broadcast-hold.lua");

    public static string Release { get; } = EmbeddedScript.Load("broadcast-release.lua");

    public static string Forget { get; } = EmbeddedScript.Load("broadcast-forget.lua");

    public static string Redrive { get; } = EmbeddedScript.Load("stream-redrive.lua");

    public static string Count { get; } = EmbeddedScript.Load("stream-count.lua");

    public static string Delete { get; } = EmbeddedScript.Load("stream-delete.lua");
}
