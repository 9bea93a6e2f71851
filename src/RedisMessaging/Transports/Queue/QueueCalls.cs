using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>The calls of the queue's scripts; each parameter has the name it has in the script's header.</summary>
internal static class QueueCalls
{
    /// <summary>Renews the consumer's lease and moves messages into its claims.</summary>
    [LuaScript("queue-claim")]
    public static ScriptCall Claim(
        RedisKey queue, RedisKey claims, RedisKey blockedPops, RedisKey consumers, RedisKey batches, RedisKey newBatch,
        RedisKey? attempts, RedisValue consumer, RedisValue firstClaim, RedisValue count, RedisValue minBatch,
        RedisValue isSeen, RedisValue maxBytes) =>
        new(
            QueueScripts.Claim,
            ScriptCall.KeysWith(attempts, queue, claims, blockedPops, consumers, batches, newBatch),
            [consumer, firstClaim, count, minBatch, isSeen, maxBytes]);

    /// <summary>Notes that a consumer waits for the signal.</summary>
    [LuaScript("queue-note-waiting")]
    public static ScriptCall NoteWaiting(RedisKey waitingConsumers, RedisKey wake, RedisValue duration) =>
        new(QueueScripts.NoteWaiting, [waitingConsumers, wake], [duration]);

    /// <summary>Acks with an inbox.</summary>
    [LuaScript("queue-ack")]
    public static ScriptCall Ack(RedisKey claims, RedisKey inbox, RedisValue window, VariadicArguments acks) =>
        new(QueueScripts.Ack, [claims, inbox], acks.Behind(window));

    /// <summary>Acks messages of claimed batches.</summary>
    [LuaScript("queue-ack-batches")]
    public static ScriptCall AckBatches(RedisKey batches, RedisKey inbox, RedisKey[] lists, RedisValue window, VariadicArguments acks) =>
        new(QueueScripts.AckBatches, [batches, inbox, .. lists], acks.Behind(window));

    /// <summary>Makes messages of a claimed batch claims like all others, for whatever is to become of them but an ack.</summary>
    [LuaScript("queue-unpack-batch")]
    public static ScriptCall UnpackBatch(
        RedisKey claims, RedisKey batches, RedisKey list, RedisValue firstClaim, VariadicArguments messages) =>
        new(QueueScripts.UnpackBatch, [claims, batches, list], messages.Behind(firstClaim));

    /// <summary>Gives claimed messages back.</summary>
    [LuaScript("queue-return")]
    public static ScriptCall Return(RedisKey queue, RedisKey claims, RedisKey? attempts, RedisValue side, VariadicArguments messages) =>
        new(QueueScripts.Return, ScriptCall.KeysWith(attempts, queue, claims), messages.Behind(side));

    /// <summary>Claimed messages wait for another attempt, each with the prefix that it goes back with.</summary>
    [LuaScript("queue-retry-later")]
    public static ScriptCall RetryLater(
        RedisKey claims, RedisKey retries, RedisKey retryMessages, RedisKey signal, RedisValue consumer,
        VariadicArguments messages) =>
        new(QueueScripts.RetryLater, [claims, retries, retryMessages, signal], messages.Behind(consumer));

    /// <summary>A message that no consumer claims (at most once) waits for another attempt.</summary>
    [LuaScript("queue-retry-later-once")]
    public static ScriptCall RetryLaterOnce(
        RedisKey retries, RedisKey retryMessages, RedisKey signal, RedisValue name, RedisValue delay,
        RedisValue message) =>
        new(QueueScripts.RetryLaterOnce, [retries, retryMessages, signal], [name, delay, message]);

    /// <summary>Moves to the end of the queue what is due.</summary>
    [LuaScript("queue-move-due")]
    public static ScriptCall MoveDue(
        RedisKey queue, RedisKey scheduled, RedisKey scheduledMessages, RedisKey retries, RedisKey retryMessages,
        RedisKey? attempts) =>
        new(
            QueueScripts.MoveDue,
            ScriptCall.KeysWith(attempts, queue, scheduled, scheduledMessages, retries, retryMessages),
            []);

    /// <summary>Records that a handler is being started, where the reaper will find it.</summary>
    [LuaScript("queue-start")]
    public static ScriptCall Start(RedisKey claims, VariadicArguments starts) =>
        new(QueueScripts.Start, [claims], starts.Behind());

    /// <summary>Renews a consumer's lease.</summary>
    [LuaScript("queue-extend")]
    public static ScriptCall Extend(
        RedisKey claims, RedisKey consumers, RedisKey[] lists, RedisValue consumer, VariadicArguments claimed) =>
        new(QueueScripts.Extend, [claims, consumers, .. lists], claimed.Behind(consumer));

    /// <summary>Moves claimed messages to the dead letters.</summary>
    [LuaScript("queue-dead-letter")]
    public static ScriptCall DeadLetter(
        RedisKey claims, RedisKey deadLetters, RedisValue limit, RedisValue maxAge, RedisValue topic, RedisValue group,
        VariadicArguments messages) =>
        new(QueueScripts.DeadLetter, [claims, deadLetters], messages.Behind(limit, maxAge, topic, group));

    /// <summary>Writes a dead letter of a message that is claimed by no consumer (at most once).</summary>
    [LuaScript("queue-dead-letter-once")]
    public static ScriptCall DeadLetterOnce(
        RedisKey deadLetters, RedisValue limit, RedisValue maxAge, RedisValue topic, RedisValue group,
        RedisValue starts, RedisValue reason, RedisValue detail, RedisValue message) =>
        new(QueueScripts.DeadLetterOnce, [deadLetters], [limit, maxAge, topic, group, starts, reason, detail, message]);

    /// <summary>The consumers whose lease is over, by the server's clock.</summary>
    [LuaScript("queue-expired-consumers")]
    public static ScriptCall ExpiredConsumers(RedisKey consumers, RedisValue lease) =>
        new(QueueScripts.ExpiredConsumers, [consumers], [lease]);

    /// <summary>Gives everything of a consumer back to the front of the queue in its old order.</summary>
    [LuaScript("queue-give-back")]
    public static ScriptCall GiveBack(
        RedisKey queue, RedisKey claims, RedisKey blockedPops, RedisKey consumers, RedisKey batches,
        RedisKey? attempts, RedisValue consumer, RedisValue lease, RedisValue tombstone, RedisValue isDead,
        RedisValue listsStart) =>
        new(
            QueueScripts.GiveBack,
            ScriptCall.KeysWith(attempts, queue, claims, blockedPops, consumers, batches),
            [consumer, lease, tombstone, isDead, listsStart]);

    /// <summary>Puts a dead letter back.</summary>
    [LuaScript("queue-redrive")]
    public static ScriptCall Redrive(RedisKey deadLetters, RedisKey queue, RedisValue id, RedisValue message) =>
        new(QueueScripts.Redrive, [deadLetters, queue], [id, message]);

    /// <summary>Counts what is unhandled, and deletes an empty queue.</summary>
    [LuaScript("queue-unhandled")]
    public static ScriptCall Unhandled(
        RedisKey queue, RedisKey consumers, RedisKey scheduled, RedisKey retries, RedisKey scheduledMessages,
        RedisKey retryMessages, RedisValue claimsStart, RedisValue blockedPopsStart, RedisValue batchesStart,
        RedisValue listsStart, RedisValue deletesEmpty, VariadicArguments otherKeys) =>
        new(
            QueueScripts.Unhandled,
            [queue, consumers, scheduled, retries, scheduledMessages, retryMessages],
            otherKeys.Behind(claimsStart, blockedPopsStart, batchesStart, listsStart, deletesEmpty));

    /// <summary>The keys of queue-send.lua.</summary>
    [LuaScript("queue-send")]
    public static RedisKey[] SendKeys(RedisKey target, RedisKey ids, RedisKey scheduled, RedisKey scheduledMessages, RedisKey signal) =>
        [target, ids, scheduled, scheduledMessages, signal];
}
