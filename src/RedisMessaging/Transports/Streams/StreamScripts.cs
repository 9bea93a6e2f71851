using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Transports.Streams;

/// <summary>The transport's Lua scripts; what each takes and returns is said at its top.</summary>
internal static class StreamScripts
{
    private const string PutFirst = EmbeddedScript.PutFirst;
    private const string DeadLetter = "dead-letter.lua";
    private const string Ids = "stream-ids.lua";
    private const string Remembers = "stream-remembers.lua";
    private const string Seen = "stream-seen.lua";
    private const string Acked = "stream-acked.lua";
    private const string Handlers = "group-handlers.lua";
    private const string TrimmedLetter = "trimmed-letter.lua";

    public static string Append { get; } = EmbeddedScript.Load("stream-append.lua");

    public static string Repeats { get; } = EmbeddedScript.Load(Remembers, "stream-repeats.lua");

    public static string Open { get; } = EmbeddedScript.Load(PutFirst, Seen, Acked, Ids, Handlers, "stream-open.lua");

    public static string Floor { get; } = EmbeddedScript.Load(PutFirst, Seen, Acked, "stream-floor.lua");

    public static string Position { get; } = EmbeddedScript.Load("stream-position.lua");

    public static string Idle { get; } = EmbeddedScript.Load(PutFirst, Seen, Acked, "stream-idle.lua");

    public static string Reclaim { get; } = EmbeddedScript.Load(PutFirst, DeadLetter, TrimmedLetter, "stream-reclaim.lua");

    public static string Gone { get; } = EmbeddedScript.Load("stream-gone.lua");

    public static string Keep { get; } = EmbeddedScript.Load("stream-keep.lua");

    public static string Trimmed { get; } = EmbeddedScript.Load(PutFirst, DeadLetter, TrimmedLetter, "stream-trimmed.lua");

    public static string NoteTrimmed { get; } = EmbeddedScript.Load(PutFirst, DeadLetter, TrimmedLetter, "stream-note-trimmed.lua");

    public static string Again { get; } = EmbeddedScript.Load("group-again.lua");

    public static string Settle { get; } = EmbeddedScript.Load(PutFirst, Seen, Acked, "later.lua", DeadLetter, Ids, "stream-settle.lua");

    public static string Create { get; } = EmbeddedScript.Load(PutFirst, Seen, Acked, "group-create.lua");

    public static string Seek { get; } = EmbeddedScript.Load(PutFirst, Seen, "group-seek.lua");

    public static string Destroy { get; } = EmbeddedScript.Load(PutFirst, "group-destroy.lua");

    public static string Trim { get; } = EmbeddedScript.Load(PutFirst, Seen, Ids, "stream-trim.lua");

    public static string Remove { get; } = EmbeddedScript.Load(PutFirst, Seen, Ids, "stream-remove.lua");

    public static string Tidy { get; } = EmbeddedScript.Load("stream-tidy.lua");

    public static string Drop { get; } = EmbeddedScript.Load(PutFirst, "stream-drop.lua");

    public static string Hold { get; } = EmbeddedScript.Load(PutFirst, "broadcast-hold.lua");

    public static string Release { get; } = EmbeddedScript.Load("broadcast-release.lua");

    public static string Forget { get; } = EmbeddedScript.Load(PutFirst, "broadcast-forget.lua");

    public static string Count { get; } = EmbeddedScript.Load("stream-count.lua");

    public static string Delete { get; } = EmbeddedScript.Load(PutFirst, "stream-delete.lua");
}
