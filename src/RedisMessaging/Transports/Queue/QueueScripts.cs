using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Transports.Queue;

/// <summary>The queue's scripts: each one atomic step of a message's life.</summary>
internal static class QueueScripts
{
    private const string PutFirst = EmbeddedScript.PutFirst;

    public static readonly string Send = EmbeddedScript.Load(PutFirst, "send.lua", "queue-send.lua");
    public static readonly string Claim = EmbeddedScript.Load(PutFirst, "queue-marks.lua", "queue-claim.lua");
    public static readonly string Park = EmbeddedScript.Load("queue-park.lua");
    public static readonly string Ack = EmbeddedScript.Load(PutFirst, "queue-ack.lua");
    public static readonly string AckLots = EmbeddedScript.Load(PutFirst, "queue-lots.lua", "queue-ack-lots.lua");
    public static readonly string Unpack = EmbeddedScript.Load(PutFirst, "queue-lots.lua", "queue-unpack.lua");
    public static readonly string Return = EmbeddedScript.Load(PutFirst, "queue-marks.lua", "queue-return.lua");
    public static readonly string Later = EmbeddedScript.Load(PutFirst, "later.lua", "queue-marks.lua", "queue-later.lua");
    public static readonly string LaterOnce = EmbeddedScript.Load(PutFirst, "later.lua", "queue-later-once.lua");
    public static readonly string Due = EmbeddedScript.Load(PutFirst, "due.lua", "queue-marks.lua", "queue-due.lua");
    public static readonly string Start = EmbeddedScript.Load("queue-start.lua");
    public static readonly string Extend = EmbeddedScript.Load("queue-extend.lua");
    public static readonly string DeadLetter = EmbeddedScript.Load(PutFirst, "queue-marks.lua", "dead-letter.lua", "queue-dead.lua");
    public static readonly string DeadLetterOnce = EmbeddedScript.Load(PutFirst, "dead-letter.lua", "queue-dead-once.lua");
    public static readonly string Expired = EmbeddedScript.Load("queue-expired.lua");
    public static readonly string GiveBack = EmbeddedScript.Load(PutFirst, "queue-marks.lua", "queue-lots.lua", "queue-give-back.lua");
    public static readonly string Redrive = EmbeddedScript.Load(PutFirst, "queue-redrive.lua");
    public static readonly string Unhandled = EmbeddedScript.Load(PutFirst, "queue-lots.lua", "queue-unhandled.lua");
}
