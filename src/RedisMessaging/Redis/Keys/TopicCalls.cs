using RedisMessaging.Redis.Scripting;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Keys;

/// <summary>The calls of the scripts on what every topic has; each parameter has the name it has in the script's header.</summary>
internal static class TopicCalls
{
    private static readonly string CheckScript = EmbeddedScript.Load("topic-check");
    private static readonly string PauseScript = EmbeddedScript.Load("pause");
    private static readonly string ReplyScript = EmbeddedScript.Load("reply");
    private static readonly string DeleteDeadLetterScript = EmbeddedScript.Load("dead-letter-delete");
    private static readonly string TrimDeadLettersScript = EmbeddedScript.Load("dead-letter-trim");
    private static readonly string StreamEndsScript = EmbeddedScript.Load("stream-ends");

    /// <summary>Looks at a topic's keys before they are used.</summary>
    [LuaScript("topic-check")]
    public static ScriptCall Check(
        RedisKey stamp, RedisKey[] topicKeys, RedisValue version, RedisValue stamps, VariadicArguments commands) =>
        new(CheckScript, [stamp, .. topicKeys], commands.Behind(version, stamps));

    /// <summary>Pauses a topic's consumers or a group's, or has them continue, and wakes those that wait for word of it.</summary>
    [LuaScript("pause")]
    public static ScriptCall Pause(RedisKey paused, RedisKey signal, RedisValue field, RedisValue pauses) =>
        new(PauseScript, [paused, signal], [field, pauses]);

    /// <summary>Writes a reply to its asker's stream.</summary>
    [LuaScript("reply")]
    public static ScriptCall Reply(RedisKey stream, RedisValue reply, RedisValue maxLength, RedisValue minDuration) =>
        new(ReplyScript, [stream], [reply, maxLength, minDuration]);

    /// <summary>Deletes a dead letter where an index tells which are there.</summary>
    [LuaScript("dead-letter-delete")]
    public static ScriptCall DeleteDeadLetter(RedisKey deadLetters, RedisKey index, RedisValue id) =>
        new(DeleteDeadLetterScript, [deadLetters, index], [id]);

    /// <summary>Drops dead letters that are too many or too old, by the server's clock.</summary>
    [LuaScript("dead-letter-trim")]
    public static ScriptCall TrimDeadLetters(RedisKey deadLetters, RedisKey? index, RedisValue limit, RedisValue maxAge) =>
        new(TrimDeadLettersScript, ScriptCall.KeysWith(index, deadLetters), [limit, maxAge]);

    /// <summary>Where streams end, without the entries that XINFO sends along to a client.</summary>
    [LuaScript("stream-ends")]
    public static ScriptCall StreamEnds(RedisKey[] streams) =>
        new(StreamEndsScript, [.. streams], []);
}
