using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Transports.Queue;

/// <summary>The text of the queue's scripts: each is one atomic step of a message's life.</summary>
internal static class QueueScripts
{
    public static readonly string Send = EmbeddedScript.Load("queue-send");
    public static readonly string Claim = EmbeddedScript.Load("queue-claim");
    public static readonly string NoteWaiting = EmbeddedScript.Load("queue-note-waiting");
    public static readonly string Ack = EmbeddedScript.Load("queue-ack");
    public static readonly string AckBatches = EmbeddedScript.Load("queue-ack-batches");
    public static readonly string UnpackBatch = EmbeddedScript.Load("queue-unpack-batch");
    public static readonly string Return = EmbeddedScript.Load("queue-return");
    public static readonly string RetryLater = EmbeddedScript.Load("queue-retry-later");
    public static readonly string RetryLaterOnce = EmbeddedScript.Load("queue-retry-later-once");
    public static readonly string MoveDue = EmbeddedScript.Load("queue-move-due");
    public static readonly string Start = EmbeddedScript.Load("queue-start");
    public static readonly string Extend = EmbeddedScript.Load("queue-extend");
    public static readonly string DeadLetter = EmbeddedScript.Load("queue-dead-letter");
    public static readonly string DeadLetterOnce = EmbeddedScript.Load("queue-dead-letter-once");
    public static readonly string ExpiredConsumers = EmbeddedScript.Load("queue-expired-consumers");
    public static readonly string GiveBack = EmbeddedScript.Load("queue-give-back");
    public static readonly string Redrive = EmbeddedScript.Load("queue-redrive");
    public static readonly string Unhandled = EmbeddedScript.Load("queue-unhandled");
}
