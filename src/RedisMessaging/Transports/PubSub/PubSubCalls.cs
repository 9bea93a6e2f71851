using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>The calls of the scripts on a channel's dead letters; each parameter has the name it has in the script's header.</summary>
internal static class PubSubCalls
{
    private static readonly string DeadLetterScript = EmbeddedScript.Load("pubsub-dead-letter");
    private static readonly string RedriveScript = EmbeddedScript.Load("pubsub-redrive");

    /// <summary>Writes a dead letter, unless another process of the group has done so.</summary>
    [LuaScript("pubsub-dead-letter")]
    public static ScriptCall DeadLetter(
        RedisKey deadLetters, RedisKey index, RedisValue group, RedisValue message, RedisValue reason,
        RedisValue detail, RedisValue topic, RedisValue channel, RedisValue starts) =>
        new(DeadLetterScript, [deadLetters, index], [group, message, reason, detail, topic, channel, starts]);

    /// <summary>Publishes a dead letter again, to everybody who listens, and removes it.</summary>
    [LuaScript("pubsub-redrive")]
    public static ScriptCall Redrive(
        RedisKey deadLetters, RedisKey index, RedisValue id, RedisValue message, RedisValue fallbackChannel,
        RedisValue ignoresCount, RedisValue command, RedisValue channelPrefix) =>
        new(RedriveScript, [deadLetters, index], [id, message, fallbackChannel, ignoresCount, command, channelPrefix]);
}
