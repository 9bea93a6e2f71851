using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Deduplication;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Keys;

/// <summary>A topic's keys. All share one hash tag, so that scripts work on them in a cluster.</summary>
/// <param name="exact">The data key itself (<see cref="TopicOptions.Key"/>); the others are named after it, then.</param>
internal sealed class TopicKeys(string prefix, string topic, string? exact = null)
{
    // A key without a hash tag becomes the tag, and one with a tag lends its own: both are its slot.
    private readonly string _tagged = exact is null ? $"{prefix}{{{topic}}}:" : ExactKey.HasTag(exact) ? $"{exact}:" : $"{{{exact}}}:";

    /// <summary>The keys of a topic as it was configured.</summary>
    public static TopicKeys Of(string prefix, TopicDefinition topic) => new(prefix, topic.Address, topic.Options.Key);

    /// <summary>The key that messages are published to.</summary>
    /// <param name="name">Its name, where it has no exact key.</param>
    public RedisKey Data(string name) => exact ?? _tagged + name;

    /// <summary>For a name like <c>stream</c> or <c>queue:consumers</c>: <c>prefix{topic}:name</c>.</summary>
    public RedisKey this[string name] => _tagged + name;

    /// <summary>What all keys but an exact one start with.</summary>
    public string Start => _tagged;

    /// <summary>
    /// A glob for all of them, to grant rights with; with an exact key two, as ACL SETUSER takes them behind a first <c>~</c>.
    /// </summary>
    public string Pattern => exact is null ? _tagged + "*" : $"{exact} ~{_tagged}*";

    /// <summary>Where a topic's dead letters are kept, whatever its transport.</summary>
    public RedisKey DeadLetters => this["dead"];

    /// <summary>Where a message may be kept aside by several processes, a hash: what names it → its id among the dead letters.</summary>
    public RedisKey DeadLetterIndex => this["dead:index"];

    /// <summary>Which of the topic's consumers are paused, whatever its transport: a hash, a group or all of them → since when.</summary>
    public RedisKey Paused => this["paused"];

    /// <summary>A stream of one entry, added to when that changes.</summary>
    public RedisKey PausedSignal => this["paused:signal"];

    /// <summary>The ids that publishers chose lately, whatever the topic's transport: a sorted set by the server's time, in ms.</summary>
    public RedisKey Ids => this["ids"];

    /// <summary>The ids that a group has acked lately, whatever the topic's transport: a sorted set by the server's time, in ms.</summary>
    public RedisKey Inbox(string group) => this["inbox:" + group];
}
