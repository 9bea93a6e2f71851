using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Queue;
using RedisMessaging.Transports.Streams;

namespace RedisMessaging.ContractTests.Moves;

/// <summary>All that moves messages.</summary>
internal static class MoveCatalog
{
    private const TransportKind Queue = TransportKind.Queue;
    private const TransportKind Stream = TransportKind.Stream;
    private static readonly EntryFormat Entries = EntryFormat.Of(new StreamOptions());

    private static readonly string[] QueueDue = ["queue", "queue:scheduled", "queue:scheduled:messages", "queue:retries", "queue:retries:messages", "dead"];
    private static readonly string[] QueueClaims = ["queue", "queue:consumers"];
    private static readonly string[] StreamDue = ["stream", "stream:scheduled", "stream:scheduled:messages", "dead", $"retries:{MoveScene.Group}", $"retry-messages:{MoveScene.Group}", $"retry:{MoveScene.Group}"];
    private static readonly string[] StreamSettle = ["stream", "dead", $"retry:{MoveScene.Group}", $"retries:{MoveScene.Group}", $"retry-messages:{MoveScene.Group}", $"starts:{MoveScene.Group}"];

    public static IReadOnlyList<Move> All { get; } =
    [
        new("scheduled", Queue, [QueueScripts.MoveDue], QueueDue, MoveRuns.ScheduledAsync),
        new("scheduled", Stream, [Entries.Due], StreamDue, MoveRuns.ScheduledAsync),
        new("a retry that is due", Queue, [QueueScripts.MoveDue], QueueDue, MoveRuns.RetryDueAsync),
        new("a retry that is due", Stream, [Entries.Due], StreamDue, MoveRuns.RetryDueAsync),
        new("a retry held back", Queue, [QueueScripts.RetryLater], QueueDue, MoveRuns.RetryLaterAsync),
        new("a retry held back", Stream, [StreamScripts.Settle], StreamSettle, MoveRuns.RetryLaterAsync),
        new("a retry at once", Queue, [QueueScripts.Return], QueueDue, MoveRuns.RetryNowAsync),
        new("a retry at once", Stream, [StreamScripts.Settle], StreamSettle, MoveRuns.RetryNowAsync),
        new("a nack", Queue, [QueueScripts.Return], QueueDue, scene => MoveRuns.NackAsync(scene, TimeSpan.Zero)),
        new("a nack", Stream, [StreamScripts.Settle], StreamSettle, scene => MoveRuns.NackAsync(scene, TimeSpan.Zero)),
        new("a nack for later", Queue, [QueueScripts.RetryLater], QueueDue, scene => MoveRuns.NackAsync(scene, TimeSpan.FromMilliseconds(100))),
        new("a nack for later", Stream, [StreamScripts.Settle], StreamSettle, scene => MoveRuns.NackAsync(scene, TimeSpan.FromMilliseconds(100))),
        new("a retry from a lot", Queue, [QueueScripts.UnpackBatch, QueueScripts.Return], QueueDue, MoveRuns.RetryFromLotAsync),
        new("a release at a stop", Queue, [QueueScripts.Return, QueueScripts.GiveBack], QueueClaims, MoveRuns.ReleaseAsync),
        new("a release at a stop", Stream, [StreamScripts.Settle, Entries.Leave], StreamSettle, MoveRuns.ReleaseAsync),
        new("a dead letter", Queue, [QueueScripts.DeadLetter], QueueDue, MoveRuns.DeadLetterAsync),
        new("a dead letter", Stream, [StreamScripts.Settle], StreamSettle, MoveRuns.DeadLetterAsync),
        new("a redrive of one", Queue, [QueueScripts.Redrive], QueueDue, scene => MoveRuns.RedriveAsync(scene, all: false)),
        new("a redrive of one", Stream, [Entries.Redrive], StreamSettle, scene => MoveRuns.RedriveAsync(scene, all: false)),
        new("a redrive of all", Queue, [QueueScripts.Redrive], QueueDue, scene => MoveRuns.RedriveAsync(scene, all: true)),
        new("a redrive of all", Stream, [Entries.Redrive], StreamSettle, scene => MoveRuns.RedriveAsync(scene, all: true)),
        new("a deleted dead letter", Queue, ["redis.call('XDEL')"], ["dead"], MoveRuns.DeleteAsync),
        new("a reclaim", Queue, [QueueScripts.GiveBack], QueueClaims, MoveRuns.ReclaimAsync),
        new("a reclaim", Stream, [StreamScripts.Reclaim], StreamSettle, MoveRuns.ReclaimAsync),
        new("a reclaim of what was trimmed", Stream, [StreamScripts.Reclaim, StreamScripts.DeadLetterTrimmed], ["dead", $"starts:{MoveScene.Group}"], MoveRuns.ReclaimTrimmedAsync),
        new("a claim", Queue, [QueueScripts.Claim], QueueClaims, scene => MoveRuns.ClaimAsync(scene, smallestLot: null)),
        new("a claim of lots", Queue, [QueueScripts.Claim, QueueScripts.AckBatches], QueueClaims, scene => MoveRuns.ClaimAsync(scene, smallestLot: 1)),
        new("an ack that is remembered", Queue, [QueueScripts.Ack], [$"inbox:{MoveScene.Group}"], scene => MoveRuns.RememberAsync(scene, smallestLot: null)),
        new("an ack of a lot that is remembered", Queue, [QueueScripts.AckBatches], [$"inbox:{MoveScene.Group}"], scene => MoveRuns.RememberAsync(scene, smallestLot: 1)),
        new("an ack that is remembered", Stream, [StreamScripts.Settle], [$"inbox:{MoveScene.Group}"], scene => MoveRuns.RememberAsync(scene, smallestLot: null)),
        new("a retry, at most once", Queue, ["redis.call('LPUSH')"], ["queue"], scene => MoveRuns.AtMostOnceAsync(scene, TimeSpan.Zero)),
        new("a retry held back, at most once", Queue, [QueueScripts.RetryLaterOnce], ["queue:retries", "queue:retries:messages"], scene => MoveRuns.AtMostOnceAsync(scene, TimeSpan.FromMilliseconds(100))),
        new("a dead letter, at most once", Queue, [QueueScripts.DeadLetterOnce], ["dead"], MoveRuns.DeadLetterAtMostOnceAsync),
        new("a publish with an id", Queue, [QueueScripts.Send], ["queue", "ids"], scene => MoveRuns.PublishAsync(scene, null)),
        new("a publish with an id", Stream, [Entries.Send], ["stream", "ids"], scene => MoveRuns.PublishAsync(scene, null)),
        new("a publish for later", Queue, [QueueScripts.Send], QueueDue, scene => MoveRuns.PublishAsync(scene, TimeSpan.FromSeconds(4))),
        new("a publish for later", Stream, [Entries.Send], StreamDue, scene => MoveRuns.PublishAsync(scene, TimeSpan.FromSeconds(4))),
        new("a cancelled message", Queue, [ScheduleScripts.Cancel], ["queue:scheduled", "queue:scheduled:messages", "ids"], MoveRuns.CancelAsync),
        new("a cancelled message", Stream, [ScheduleScripts.Cancel], ["stream:scheduled", "stream:scheduled:messages", "ids"], MoveRuns.CancelAsync),
        new("a seek", Stream, [StreamScripts.SeekGroup], [$"settled-up-to:{MoveScene.Group}", "groups:seen", $"inbox:{MoveScene.Group}"], MoveRuns.SeekAsync),
        new("a take", Stream, [Entries.Take], [$"retry:{MoveScene.Group}", $"starts:{MoveScene.Group}"], MoveRuns.TakeAsync),
        new("a deleted group", Stream, [StreamScripts.DestroyGroup], ["groups:seen", "groups:handlers"], MoveRuns.DestroyAsync),
        new("a trim", Stream, [StreamScripts.Trim], ["groups:seen"], MoveRuns.TrimAsync),
        new("a drain", Queue, [QueueScripts.Claim, QueueScripts.Unhandled], QueueClaims, scene => MoveRuns.DrainAsync(scene, Stream)),
        new("a drain", Stream, [StreamScripts.Delete], ["stream", "groups:seen"], scene => MoveRuns.DrainAsync(scene, Queue)),
        new("a reply", Queue, ["redis.call('XADD') redis.call('PTTL') redis.call('PEXPIRE')"], [], MoveRuns.ReplyAsync),
        new("a reply", Stream, ["redis.call('XADD') redis.call('PTTL') redis.call('PEXPIRE')"], [], MoveRuns.ReplyAsync),
        new("a dead letter", TransportKind.PubSub, [EmbeddedScript.Load("pubsub-dead-letter") + "redis.call('XADD')"], ["dead", "dead:index"], MoveRuns.PubSubDeadLetterAsync),
        new("a redrive", TransportKind.PubSub, [EmbeddedScript.Load("pubsub-redrive") + "redis.call('PUBLISH')"], ["dead", "dead:index"], MoveRuns.PubSubRedriveAsync),
    ];
}
