using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Transports.Streams;

/// <summary>The text of the stream's scripts; what each takes and returns is said at its top.</summary>
internal static class StreamScripts
{
    public static string Append { get; } = EmbeddedScript.Load("stream-append");

    public static string CanRepeat { get; } = EmbeddedScript.Load("stream-can-repeat");

    public static string Open { get; } = EmbeddedScript.Load("stream-open");

    public static string NoteSettled { get; } = EmbeddedScript.Load("stream-note-settled");

    public static string Positions { get; } = EmbeddedScript.Load("stream-positions");

    public static string IdleCheck { get; } = EmbeddedScript.Load("stream-idle-check");

    public static string Reclaim { get; } = EmbeddedScript.Load("stream-reclaim");

    public static string PendingGone { get; } = EmbeddedScript.Load("stream-pending-gone");

    public static string RenewPending { get; } = EmbeddedScript.Load("stream-renew-pending");

    public static string DeadLetterTrimmed { get; } = EmbeddedScript.Load("stream-dead-letter-trimmed");

    public static string WriteTrimmed { get; } = EmbeddedScript.Load("stream-write-trimmed");

    public static string RestartGroup { get; } = EmbeddedScript.Load("group-restart");

    public static string Settle { get; } = EmbeddedScript.Load("stream-settle");

    public static string CreateGroup { get; } = EmbeddedScript.Load("group-create");

    public static string SeekGroup { get; } = EmbeddedScript.Load("group-seek");

    public static string DestroyGroup { get; } = EmbeddedScript.Load("group-destroy");

    public static string Trim { get; } = EmbeddedScript.Load("stream-trim");

    public static string Remove { get; } = EmbeddedScript.Load("stream-remove");

    public static string RemoveIdleConsumers { get; } = EmbeddedScript.Load("stream-remove-idle-consumers");

    public static string DropBroadcastGroup { get; } = EmbeddedScript.Load("stream-drop-broadcast-group");

    public static string AcquireBroadcastName { get; } = EmbeddedScript.Load("broadcast-name-acquire");

    public static string ReleaseBroadcastName { get; } = EmbeddedScript.Load("broadcast-name-release");

    public static string ExpireBroadcastName { get; } = EmbeddedScript.Load("broadcast-name-expire");

    public static string CountAfter { get; } = EmbeddedScript.Load("stream-count-after");

    public static string Delete { get; } = EmbeddedScript.Load("stream-delete");
}
