using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>Looks at a topic's keys as somebody who knows how they are laid out.</summary>
internal sealed partial class RedisInspector(IConnectionMultiplexer connection, TransportKind kind)
{
    private readonly Dictionary<string, long> _held = [];
    private readonly Dictionary<string, long> _registered = [];
    private readonly List<MessageKey> _waiting = [];
    private readonly List<MessageKey> _dead = [];
    private long _waitingCount;
    private long _deadCount;

    private IDatabase Database => connection.GetDatabase();

    public static async Task<RedisContents> ReadAsync(IConnectionMultiplexer connection, TransportKind kind, string tagged)
    {
        var inspector = new RedisInspector(connection, kind);
        foreach (var key in await inspector.KeysAsync(tagged))
        {
            await inspector.ReadAsync(key, key[tagged.Length..], tagged);
        }

        return new RedisContents
        {
            Waiting = inspector._waiting,
            WaitingCount = inspector._waitingCount,
            DeadLetters = inspector._dead,
            DeadLetterCount = inspector._deadCount,
            Held = inspector._held,
            Registered = inspector._registered,
        };
    }

    private async Task<List<string>> KeysAsync(string tagged)
    {
        var keys = new List<string>();
        foreach (var server in connection.GetServers().Where(server => server.IsConnected && !server.IsReplica))
        {
            await foreach (var key in server.KeysAsync(pattern: tagged + "*"))
            {
                keys.Add(key!);
            }
        }

        return keys;
    }

    private Task ReadAsync(string key, string name, string tagged) => (kind, name) switch
    {
        (_, "dead") => ReadDeadLettersAsync(key),
        (TransportKind.PubSub, "dead:index") => Task.CompletedTask,
        (TransportKind.Queue, "queue") => ReadQueueAsync(key),
        (TransportKind.Queue, "queue:consumers") => CountAsync(_registered, name, Database.SortedSetLengthAsync(key)),
        (TransportKind.Queue, _) when name.StartsWith("queue:claims:", StringComparison.Ordinal) => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Queue, _) when name.StartsWith("queue:claimed-batches:", StringComparison.Ordinal) => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Queue, _) when name.StartsWith("queue:claimed-batch:", StringComparison.Ordinal) => CountAsync(_held, name, Database.ListLengthAsync(key)),
        (TransportKind.Queue, _) when name.StartsWith("queue:blocked-pops:", StringComparison.Ordinal) => CountAsync(_held, name, Database.ListLengthAsync(key)),
        (TransportKind.Stream, "stream") => ReadStreamAsync(key, name),
        (TransportKind.Stream, _) when name.StartsWith("retry:", StringComparison.Ordinal) => ReadRetriesAsync(key, name),
        (TransportKind.Stream, _) when name.StartsWith("starts:", StringComparison.Ordinal) => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Queue, "queue:attempts") => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Queue, "queue:scheduled" or "queue:retries") => CountAsync(_held, name, Database.SortedSetLengthAsync(key)),
        (TransportKind.Queue, "queue:scheduled:messages" or "queue:retries:messages") => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Stream, "stream:scheduled") => CountAsync(_held, name, Database.SortedSetLengthAsync(key)),
        (TransportKind.Stream, "stream:scheduled:messages") => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Stream, _) when name.StartsWith("retries:", StringComparison.Ordinal) => CountAsync(_held, name, Database.SortedSetLengthAsync(key)),
        (TransportKind.Stream, _) when name.StartsWith("retry-messages:", StringComparison.Ordinal) => CountAsync(_held, name, Database.HashLengthAsync(key)),
        (TransportKind.Stream, "groups:seen" or "groups:handlers") => Task.CompletedTask,
        (TransportKind.Stream, _) when name.StartsWith("settled-up-to:", StringComparison.Ordinal) => Task.CompletedTask,
        (TransportKind.Stream, "broadcasts") => Task.CompletedTask,
        (TransportKind.Stream, _) when name.StartsWith("holder:", StringComparison.Ordinal) => Task.CompletedTask,
        (_, "ids" or "queue:signal" or "queue:waiting-consumers" or "queue:wake" or "stream:signal" or "paused" or "paused:signal") => Task.CompletedTask,
        (_, _) when name.StartsWith("inbox:", StringComparison.Ordinal) => Task.CompletedTask,
        (TransportKind.Queue, "queue:members" or "queue:members:signal" or "queue:members:groups" or "queue:members:layout") => Task.CompletedTask,
        (TransportKind.Stream, "stream:members" or "stream:members:signal" or "stream:members:groups" or "stream:members:layout") => Task.CompletedTask,
        (TransportKind.Queue, "queue:layout") or (TransportKind.Stream, "stream:layout") => Task.CompletedTask,
        _ => throw new InvalidOperationException($"Nothing is known of {tagged}{name}."),
    };

    private async Task ReadDeadLettersAsync(string key)
    {
        var entries = await Database.StreamRangeAsync(key);
        _deadCount = entries.Length;
        _dead.AddRange(KeysOf(entries.Select(entry => entry["m"])));
    }

    private async Task ReadQueueAsync(string key)
    {
        var values = await Database.ListRangeAsync(key);
        _waitingCount = values.Length;
        _waiting.AddRange(KeysOf(values));
    }

    private async Task ReadStreamAsync(string key, string name)
    {
        foreach (var group in await Database.StreamGroupInfoAsync(key))
        {
            Note(_held, $"{name} pending", group.PendingMessageCount);
            Note(_registered, $"{name} consumers", group.ConsumerCount);
            var rest = await Database.StreamRangeAsync(key, "(" + group.LastDeliveredId, "+");
            _waitingCount += rest.Length;
            _waiting.AddRange(KeysOf(rest.Select(entry => entry["m"])));
        }
    }

    private async Task ReadRetriesAsync(string key, string name)
    {
        await CountAsync(_held, name, Database.StreamLengthAsync(key));
        foreach (var group in await Database.StreamGroupInfoAsync(key))
        {
            Note(_held, $"{name} pending", group.PendingMessageCount);
            Note(_registered, $"{name} consumers", group.ConsumerCount);
        }
    }

    private static async Task CountAsync(Dictionary<string, long> counts, string name, Task<long> count) => Note(counts, name, await count);

    private static void Note(Dictionary<string, long> counts, string name, long count)
    {
        if (count > 0)
        {
            counts[name] = count;
        }
    }

    private static IEnumerable<MessageKey> KeysOf(IEnumerable<RedisValue> frames)
    {
        foreach (var frame in frames)
        {
            var found = Body().Match(Encoding.UTF8.GetString((byte[]?)frame ?? []));
            if (found.Success)
            {
                yield return new MessageKey(int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture));
            }
        }
    }

    [GeneratedRegex("""\{"publisher":(\d+),"number":(\d+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Body();
}
