using RedisMessaging.Configuration;
using StackExchange.Redis;

namespace RedisMessaging.Transports;

/// <summary>A topic's keys. All share one hash tag, so that scripts work on them in a cluster.</summary>
internal sealed class TopicKeys(string prefix, string topic)
{
    private readonly string _tagged = $"{prefix}{{{topic}}}:";

    /// <summary>The keys of a topic as it was configured.</summary>
    public static TopicKeys Of(string prefix, TopicDefinition topic) => new(prefix, topic.Address);

    /// <summary>For a name like <c>stream</c> or <c>queue:consumers</c>: <c>prefix{topic}:name</c>.</summary>
    public RedisKey this[string name] => _tagged + name;

    /// <summary>A glob for all of them, to grant rights with.</summary>
    public string Pattern => _tagged + "*";

    /// <summary>Where a topic's dead letters are kept, whatever its transport.</summary>
    public RedisKey DeadLetters => this["dead"];

    /// <summary>Where a message may be kept aside by several processes, a hash: what names it → its id among the dead letters.</summary>
    public RedisKey DeadLetterIndex => this["dead:index"];

    /// <summary>Which of the topic's consumers are paused, whatever its transport: a hash, a group or all of them → since when.</summary>
    public RedisKey Paused => this["paused"];

    /// <summary>A stream of one entry, added to when that changes.</summary>
    public RedisKey PausedBell => this["paused:bell"];

    /// <summary>The ids that publishers chose lately, whatever the topic's transport: a sorted set by the server's time, in ms.</summary>
    public RedisKey Ids => this["ids"];

    /// <summary>The ids that a group has acked lately, whatever the topic's transport: a sorted set by the server's time, in ms.</summary>
    public RedisKey Inbox(string group) => this["inbox:" + group];
}
