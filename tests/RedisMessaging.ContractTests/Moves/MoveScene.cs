using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests.Moves;

/// <summary>One move with one fault: a user, a key prefix and buses of its own on a server that others use, too.</summary>
internal sealed class MoveScene(string connection, IDatabase admin, int number, TransportKind kind, MoveFault fault, MoveLog log) : IAsyncDisposable
{
    public const int Count = 5;
    public const string Topic = "notes";
    public const string Group = "contract";

    private static readonly TimeSpan LongestFault = TimeSpan.FromSeconds(3);

    private readonly List<RedisMessageBus> _buses = [];
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IDatabase Admin => admin;

    public TransportKind Kind => kind;

    public string User { get; } = $"worker{number}";

    public string Prefix { get; } = $"move{number}:";

    /// <summary>What was handled to the end.</summary>
    public Inbox Inbox { get; } = new();

    /// <summary>How many handlers have been started.</summary>
    public int Started;

    /// <summary>A key of the topic, by its name behind the tag.</summary>
    public string Key(string name) => $"{Prefix}{{{Topic}}}:{name}";

    public Task TellAsync(string command, params object[] arguments) => admin.Multiplexer.GetServers().Single().ExecuteAsync(command, arguments);

    public async Task<RedisMessageBus> WorkerAsync(Action<TopicOptions>? topic = null, Action<RedisMessagingBuilder>? configure = null, TransportKind? over = null)
    {
        await TellAsync("ACL", "SETUSER", User, "on", ">secret", "~*", "&*", "+@all");
        return await ConnectAsync($"{connection},user={User},password=secret", topic, configure, over ?? kind);
    }

    /// <summary>A bus that nothing is taken from.</summary>
    public Task<RedisMessageBus> PublisherAsync(Action<TopicOptions>? topic = null) => ConnectAsync(connection, topic, null, kind);

    /// <summary>Publishes the messages, undisturbed. The publisher ends with that: it would move what is due with rights that the worker lacks.</summary>
    public async Task PublishAsync(PublishOptions? options = null, Action<TopicOptions>? topic = null)
    {
        var publisher = await PublisherAsync(topic);
        await publisher.PublishManyAsync(Topic, Enumerable.Range(0, Count).Select(each => new Note("note", each)), options);
        await publisher.DisposeAsync();
    }

    /// <summary>Waits at the gate, and fails at its first attempt.</summary>
    public async ValueTask FailFirstAsync(Note note, MessageContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Started);
        await _gate.Task.WaitAsync(cancellationToken);
        if (context.Attempt == 1)
        {
            throw new InvalidOperationException("The first attempt fails.");
        }

        await Inbox.HandleAsync(note, context, cancellationToken);
    }

    /// <summary>Waits at the gate.</summary>
    public async ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Started);
        await _gate.Task.WaitAsync(cancellationToken);
        await Inbox.HandleAsync(note, context, cancellationToken);
    }

    /// <summary>Waits at the gate, and always fails.</summary>
    public async ValueTask FailAsync(Note note, MessageContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Started);
        await _gate.Task.WaitAsync(cancellationToken);
        throw new InvalidOperationException("It always fails.");
    }

    public void Open() => _gate.TrySetResult();

    public Task StartedAsync(int count) => Eventually.TrueAsync(() => Volatile.Read(ref Started) >= count, what: $"{count} handlers started");

    /// <summary>Breaks it, does something, and mends it once that is done or Redis has refused something.</summary>
    public async Task WhileBrokenAsync(Func<Task> act, Func<Task<bool>>? isDone = null)
    {
        var before = log.Refusals;
        await fault.BreakAsync(this);
        try
        {
            var acting = act();
            var started = TimeProvider.System.GetTimestamp();
            // What is tolerated without a word shows neither.
            while (TimeProvider.System.GetElapsedTime(started) < LongestFault && !acting.IsFaulted && log.Refusals == before && !(acting.IsCompleted && isDone is not null && await isDone()))
            {
                if (isDone is null && acting.IsCompleted)
                {
                    break;
                }

                await Task.Delay(10);
            }

            await fault.MendAsync(this);
            await acting.WaitAsync(Eventually.Deadline);
        }
        catch (Exception refused) when (refused is RedisMessagingException or RedisException)
        {
            // The caller got an error.
            await fault.MendAsync(this);
        }
    }

    /// <summary>All were handled, once where that can be, and nothing of them is left.</summary>
    public async Task HandledAsync(bool mayDouble = false)
    {
        await Eventually.TrueAsync(() => Inbox.Numbers.Distinct().Count() == Count, what: $"all are handled; {string.Join(", ", Inbox.Numbers.Order())} are");
        await NothingIsLeftAsync();
        if (!mayDouble && !fault.MayDouble)
        {
            Inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, Count), "each is handled once");
        }
    }

    public async Task DeadLetteredAsync()
    {
        await Eventually.TrueAsync(async () => await admin.StreamLengthAsync(Key("dead")) >= Count, what: "all are dead letters");
        await NothingIsLeftAsync();
        if (!fault.MayDouble)
        {
            (await admin.StreamLengthAsync(Key("dead"))).Should().Be(Count, "each is a dead letter once");
        }
    }

    /// <summary>Neither in hand nor held back nor waiting.</summary>
    public Task NothingIsLeftAsync() => Eventually.TrueAsync(async () => await WhatIsLeftAsync() is "", what: "nothing is left");

    public async Task<string> WhatIsLeftAsync()
    {
        var left = new List<string>();
        await foreach (var key in admin.Multiplexer.GetServers().Single().KeysAsync(pattern: Prefix + "*"))
        {
            var name = ((string)key!)[Key("").Length..];
            switch (name)
            {
                case "stream" or $"retry:{Group}":
                    var groups = await admin.StreamGroupInfoAsync(key);
                    var pending = groups.Sum(group => group.PendingMessageCount);
                    var waiting = name == "stream" ? groups.Sum(group => group.Lag ?? 0) : await admin.StreamLengthAsync(key);
                    if (pending + waiting > 0)
                    {
                        left.Add(name);
                    }

                    break;
                case "queue" or "queue:retries" or "queue:retries:messages" or "queue:scheduled" or "queue:scheduled:messages" or "stream:scheduled" or "stream:scheduled:messages":
                case $"retries:{Group}" or $"retry-messages:{Group}":
                    left.Add(name);
                    break;
                default:
                    if (name.StartsWith("queue:claims:", StringComparison.Ordinal) || name.StartsWith("queue:blocked-pops:", StringComparison.Ordinal) || name.StartsWith("queue:claimed-batch", StringComparison.Ordinal) || name.EndsWith(":aside", StringComparison.Ordinal))
                    {
                        left.Add(name);
                    }

                    break;
            }
        }

        return string.Join(", ", left);
    }

    public async ValueTask DisposeAsync()
    {
        Open();
        await Task.WhenAll(_buses.Select(bus => Eventually.EndsAsync(bus.DisposeAsync().AsTask(), what: "closing a bus")));
    }

    private async Task<RedisMessageBus> ConnectAsync(string to, Action<TopicOptions>? topic, Action<RedisMessagingBuilder>? configure, TransportKind over)
    {
        var bus = await RedisMessageBus.ConnectAsync(
            to,
            messaging =>
            {
                messaging.KeyPrefix = Prefix;
                messaging.Application = Group;
                messaging.StartTimeout = TimeSpan.FromSeconds(20);
                messaging.UseJson(ContractJson.Default);
                messaging.AddTopic<Note>(Topic, over, topic);
                configure?.Invoke(messaging);
            },
            log);
        _buses.Add(bus);
        return bus;
    }
}
