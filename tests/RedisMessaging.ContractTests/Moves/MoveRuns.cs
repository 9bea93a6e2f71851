using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests.Moves;

/// <summary>How each move is set going, broken in the middle, and found complete afterwards.</summary>
internal static class MoveRuns
{
    private const int Count = MoveScene.Count;
    private const string Topic = MoveScene.Topic;
    private const string Ghost = "ghost";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortLease = TimeSpan.FromSeconds(2);

    public static async Task ScheduledAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync();
        await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.PublishAsync(new PublishOptions { Delay = Soon });

        await scene.WhileBrokenAsync(Nothing, () => HasAllAsync(scene));

        await scene.HandledAsync();
    }

    public static async Task RetryDueAsync(MoveScene scene)
    {
        scene.Open();
        await (await scene.WorkerAsync()).SubscribeAsync<Note>(Topic, scene.FailFirstAsync, RetriedAfter(Soon));
        await scene.PublishAsync();
        await Eventually.TrueAsync(async () => await scene.Admin.SortedSetLengthAsync(scene.Key(scene.Kind == TransportKind.Queue ? "queue:retries" : $"retries:{MoveScene.Group}")) == Count || await HasAllAsync(scene));

        await scene.WhileBrokenAsync(Nothing, () => HasAllAsync(scene));

        await scene.HandledAsync();
    }

    public static Task RetryLaterAsync(MoveScene scene) => RetryAsync(scene, TimeSpan.FromMilliseconds(100), null);

    public static Task RetryNowAsync(MoveScene scene) => RetryAsync(scene, TimeSpan.Zero, null);

    public static Task RetryFromLotAsync(MoveScene scene) => RetryAsync(scene, TimeSpan.Zero, InLots);

    public static async Task NackAsync(MoveScene scene, TimeSpan delay)
    {
        await scene.PublishAsync();
        var bus = await scene.WorkerAsync();
        await using var reading = bus.ReadAsync<Note>(Topic, new SubscribeOptions { Prefetch = Count }).GetAsyncEnumerator();
        var received = await ReadAsync(reading);

        await scene.WhileBrokenAsync(() => Task.WhenAll(received.Select(message => message.NackAsync(delay).AsTask())));

        foreach (var message in await ReadAsync(reading))
        {
            await scene.Inbox.HandleAsync(message.Message, message, CancellationToken.None);
            await message.AckAsync();
        }

        await scene.HandledAsync();
    }

    public static async Task ReleaseAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync(WithLease);
        var subscription = await bus.SubscribeAsync<Note>(Topic, scene.HandleAsync, new SubscribeOptions { Concurrency = 1, Prefetch = 10 });
        await scene.PublishAsync(topic: WithLease);
        await scene.StartedAsync(1);

        await scene.WhileBrokenAsync(async () =>
        {
            scene.Open();
            await subscription.DisposeAsync();
        });
        var next = await scene.WorkerAsync(WithLease);
        await next.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);

        // What could not be given back comes when its lease ends, and what was handled meanwhile with it.
        await scene.HandledAsync(mayDouble: true);
    }

    public static async Task DeadLetterAsync(MoveScene scene)
    {
        await (await scene.WorkerAsync()).SubscribeAsync<Note>(Topic, scene.FailAsync, GivenUp);
        await scene.PublishAsync();
        await scene.StartedAsync(Count);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), () => AreDeadAsync(scene));

        await scene.DeadLetteredAsync();
    }

    public static async Task RedriveAsync(MoveScene scene, bool all)
    {
        var bus = await scene.WorkerAsync();
        await LeaveDeadLettersAsync(scene, bus);
        var letters = bus.Topic(Topic).DeadLetters;
        var ids = (await letters.PeekAsync()).Select(letter => letter.Id).ToList();
        async Task RedriveAsync()
        {
            if (all)
            {
                await letters.RedriveAllAsync();
                return;
            }

            foreach (var id in ids)
            {
                await letters.RedriveAsync(id);
            }
        }

        await scene.WhileBrokenAsync(RedriveAsync);
        await RedriveAsync();

        await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.HandledAsync();
        (await letters.CountAsync()).Should().Be(0);
    }

    public static async Task DeleteAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync();
        await LeaveDeadLettersAsync(scene, bus);
        var letters = bus.Topic(Topic).DeadLetters;
        var ids = (await letters.PeekAsync()).Select(letter => letter.Id).ToList();
        async Task DeleteAsync()
        {
            foreach (var id in ids)
            {
                await letters.DeleteAsync(id);
            }
        }

        await scene.WhileBrokenAsync(DeleteAsync);
        await DeleteAsync();

        (await letters.CountAsync()).Should().Be(0);
    }

    public static async Task ReclaimAsync(MoveScene scene)
    {
        await LeaveToGhostAsync(scene);
        await (await scene.WorkerAsync(WithLease)).SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);

        await scene.WhileBrokenAsync(Nothing, () => HasAllAsync(scene));

        await scene.HandledAsync();
    }

    public static async Task ReclaimTrimmedAsync(MoveScene scene)
    {
        await LeaveToGhostAsync(scene);
        var entries = await scene.Admin.StreamRangeAsync(scene.Key("stream"));
        await (await scene.WorkerAsync(WithLease)).SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);

        // Trimmed no sooner, so that the fault is what the consumer meets first.
        await scene.WhileBrokenAsync(
            () => scene.Admin.StreamDeleteAsync(scene.Key("stream"), [.. entries.Select(entry => entry.Id)]),
            () => AreDeadAsync(scene));

        await scene.DeadLetteredAsync();
    }

    public static async Task ClaimAsync(MoveScene scene, int? smallestLot)
    {
        await (await scene.WorkerAsync(options => ((QueueOptions)options).SmallestLot = smallestLot)).SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        var publisher = await scene.PublisherAsync();
        Task PublishAsync() => publisher.PublishManyAsync(
            Topic,
            Enumerable.Range(0, Count).Select(number => new OutgoingMessage<Note>(new Note("note", number), new PublishOptions { MessageId = $"id{number}" }))).AsTask();

        await scene.WhileBrokenAsync(PublishAsync, () => HasAllAsync(scene));
        // What was refused, because the queue itself is out of order, is not stored.
        await PublishAsync();

        await scene.HandledAsync();
    }

    public static async Task RememberAsync(MoveScene scene, int? smallestLot)
    {
        void Configure(TopicOptions options)
        {
            // What an id was published with is not what this is about.
            options.DeduplicationWindow = TimeSpan.Zero;
            if (options is QueueOptions queue)
            {
                queue.SmallestLot = smallestLot;
            }
        }

        await (await scene.WorkerAsync(Configure)).SubscribeAsync<Note>(Topic, scene.HandleAsync, new SubscribeOptions { InboxWindow = TimeSpan.FromMinutes(5) });
        var publisher = await scene.PublisherAsync(Configure);
        async Task PublishAsync()
        {
            for (var number = 0; number < Count; number++)
            {
                await publisher.PublishToAsync(Topic, new Note("note", number), new PublishOptions { MessageId = $"id{number}" });
            }
        }

        await PublishAsync();
        await scene.StartedAsync(1);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), async () => await HasAllAsync(scene) && await scene.WhatIsLeftAsync() is "");

        await Eventually.TrueAsync(() => HasAllAsync(scene));
        await scene.NothingIsLeftAsync();
        await PublishAsync();
        await scene.NothingIsLeftAsync();
        await scene.HandledAsync();
    }

    public static async Task AtMostOnceAsync(MoveScene scene, TimeSpan delay)
    {
        await (await scene.WorkerAsync(AtMostOnce)).SubscribeAsync<Note>(Topic, scene.FailFirstAsync, RetriedAfter(delay));
        await scene.PublishAsync(topic: AtMostOnce);
        await scene.StartedAsync(Count);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), () => HasAllAsync(scene));

        await scene.HandledAsync();
    }

    public static async Task DeadLetterAtMostOnceAsync(MoveScene scene)
    {
        await (await scene.WorkerAsync(AtMostOnce)).SubscribeAsync<Note>(Topic, scene.FailAsync, GivenUp);
        await scene.PublishAsync(topic: AtMostOnce);
        await scene.StartedAsync(Count);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), () => AreDeadAsync(scene));

        await scene.DeadLetteredAsync();
    }

    public static async Task PublishAsync(MoveScene scene, TimeSpan? delay)
    {
        var bus = await scene.WorkerAsync();
        async Task PublishAsync()
        {
            for (var number = 0; number < Count; number++)
            {
                await bus.PublishToAsync(Topic, new Note("note", number), new PublishOptions { MessageId = $"id{number}", Delay = delay });
            }
        }

        await scene.WhileBrokenAsync(PublishAsync);
        // What was refused is not stored, and what was stored is known.
        await PublishAsync();

        await (await scene.WorkerAsync()).SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.HandledAsync();
    }

    public static async Task CancelAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync();
        for (var number = 0; number < Count; number++)
        {
            await bus.PublishToAsync(Topic, new Note("note", number), new PublishOptions { MessageId = $"id{number}", Delay = TimeSpan.FromHours(1) });
        }

        async Task CancelAsync()
        {
            for (var number = 0; number < Count; number++)
            {
                await bus.Topic(Topic).Scheduled.CancelAsync($"id{number}");
            }
        }

        await scene.WhileBrokenAsync(CancelAsync);
        await CancelAsync();

        await scene.NothingIsLeftAsync();
        for (var number = 0; number < Count; number++)
        {
            (await bus.PublishToAsync(Topic, new Note("note", number), new PublishOptions { MessageId = $"id{number}" })).Duplicate.Should().BeFalse("its id is forgotten");
        }

        await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.HandledAsync();
    }

    public static async Task SeekAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync();
        var first = new Inbox();
        await using (await bus.SubscribeAsync<Note>(Topic, first.HandleAsync))
        {
            await scene.PublishAsync();
            await first.HasAsync(Count);
            await scene.NothingIsLeftAsync();
        }

        await scene.WhileBrokenAsync(() => bus.Topic(Topic).AsStream().Groups.SeekAsync(MoveScene.Group, HistoryPoint.Beginning).AsTask());
        await bus.Topic(Topic).AsStream().Groups.SeekAsync(MoveScene.Group, HistoryPoint.Beginning);

        await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.HandledAsync();
    }

    public static async Task TakeAsync(MoveScene scene)
    {
        await LeaveToGhostAsync(scene);
        var bus = await scene.WorkerAsync();
        var positions = (await bus.Topic(Topic).AsStream().Groups.PeekPendingAsync(MoveScene.Group)).Select(message => message.Position).ToList();

        await scene.WhileBrokenAsync(() => bus.Topic(Topic).AsStream().Groups.ReclaimAsync(MoveScene.Group, positions).AsTask());
        await bus.Topic(Topic).AsStream().Groups.ReclaimAsync(MoveScene.Group, positions);

        await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.HandledAsync();
    }

    public static async Task DestroyAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync();
        await using (await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync, RetriedAfter(TimeSpan.Zero)))
        {
            await scene.PublishAsync();
            await scene.HandledAsync();
        }

        await scene.WhileBrokenAsync(() => bus.Topic(Topic).AsStream().Groups.DeleteAsync(MoveScene.Group, force: true).AsTask());
        await bus.Topic(Topic).AsStream().Groups.DeleteAsync(MoveScene.Group, force: true);

        foreach (var name in new[] { "retry:", "starts:", "settled-up-to:", "retries:", "retry-messages:" })
        {
            (await scene.Admin.KeyExistsAsync(scene.Key(name + MoveScene.Group))).Should().BeFalse($"{name} goes with the group");
        }

        (await scene.Admin.HashExistsAsync(scene.Key("groups:seen"), MoveScene.Group)).Should().BeFalse();
    }

    public static async Task TrimAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync();
        await bus.Topic(Topic).AsStream().Groups.CreateAsync(MoveScene.Group, HistoryPoint.Beginning);
        await scene.PublishAsync();

        await scene.WhileBrokenAsync(() => bus.Topic(Topic).AsStream().TrimAsync(new Retention { MaxLength = 1 }).AsTask());
        (await bus.Topic(Topic).AsStream().TrimAsync(new Retention { MaxLength = 1 })).Unhandled.Should().Be(0);

        await bus.SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        await scene.HandledAsync();
    }

    public static async Task DrainAsync(MoveScene scene, TransportKind to)
    {
        await scene.PublishAsync();
        await scene.WorkerAsync(null, messaging =>
        {
            messaging.OnTransportChange = OnTransportChange.Drain;
            messaging.AddHandler<Note>(scene.HandleAsync, handler => handler.Topic = Topic);
        }, to);
        await scene.StartedAsync(1);
        var former = scene.Kind == TransportKind.Queue ? "queue:layout" : "stream:layout";
        async Task<bool> IsDrainedAsync() => await HasAllAsync(scene) && !await scene.Admin.KeyExistsAsync(scene.Key(former));

        await scene.WhileBrokenAsync(() => OpenAsync(scene), IsDrainedAsync);

        await scene.HandledAsync(mayDouble: true);
        await Eventually.TrueAsync(IsDrainedAsync);
    }

    public static async Task ReplyAsync(MoveScene scene)
    {
        await scene.WorkerAsync(null, messaging => messaging.AddRequestHandler<Note, Sum>(async Task<Sum> (note, context, token) =>
        {
            await scene.HandleAsync(note, context, token);
            return new Sum(note.Number);
        }, handler => handler.Concurrency = Count));
        var asker = await scene.PublisherAsync();
        var asking = Task.WhenAll(Enumerable.Range(0, Count).Select(number =>
            asker.RequestAsync<Note, Sum>(new Note("how many", number), new RequestOptions { Timeout = TimeSpan.FromSeconds(30) }).AsTask()));
        await scene.StartedAsync(Count);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), () => Task.FromResult(asking.IsCompleted));

        (await Eventually.EndsAsync(asking)).Select(sum => sum.Total).Should().Equal(Enumerable.Range(0, Count));
        await scene.HandledAsync(mayDouble: true);
    }

    public static async Task PubSubDeadLetterAsync(MoveScene scene)
    {
        await (await scene.WorkerAsync(KeepingDeadLetters)).SubscribeAsync<Note>(Topic, scene.FailAsync, GivenUp);
        await scene.PublishAsync(topic: KeepingDeadLetters);
        await scene.StartedAsync(Count);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), () => AreDeadAsync(scene));

        await scene.DeadLetteredAsync();
    }

    public static async Task PubSubRedriveAsync(MoveScene scene)
    {
        var bus = await scene.WorkerAsync(KeepingDeadLetters);
        await LeaveDeadLettersAsync(scene, bus, KeepingDeadLetters);
        await (await scene.PublisherAsync(KeepingDeadLetters)).SubscribeAsync<Note>(Topic, scene.Inbox.HandleAsync);
        var letters = bus.Topic(Topic).DeadLetters;

        await scene.WhileBrokenAsync(() => letters.RedriveAllAsync().AsTask());
        await letters.RedriveAllAsync();

        await scene.HandledAsync();
        (await letters.CountAsync()).Should().Be(0);
    }

    private static SubscribeOptions GivenUp
    {
        get
        {
            var options = new SubscribeOptions { Concurrency = Count, Prefetch = 2 * Count };
            options.Retry.MaxAttempts = 1;
            return options;
        }
    }

    private static SubscribeOptions RetriedAfter(TimeSpan delay)
    {
        var options = new SubscribeOptions { Concurrency = Count, Prefetch = 2 * Count };
        (options.Retry.Delay, options.Retry.Jitter) = (delay, 0);
        return options;
    }

    private static Task Nothing() => Task.CompletedTask;

    private static Task OpenAsync(MoveScene scene)
    {
        scene.Open();
        return Task.CompletedTask;
    }

    private static Task<bool> HasAllAsync(MoveScene scene) => Task.FromResult(scene.Inbox.Count >= Count);

    private static async Task<bool> AreDeadAsync(MoveScene scene) =>
        await scene.Admin.KeyTypeAsync(scene.Key("dead")) is RedisType.Stream && await scene.Admin.StreamLengthAsync(scene.Key("dead")) >= Count;

    private static void WithLease(TopicOptions options) => options.SetLease(ShortLease);

    private static void InLots(TopicOptions options) => ((QueueOptions)options).SmallestLot = 1;

    private static void AtMostOnce(TopicOptions options) => ((QueueOptions)options).Delivery = QueueDelivery.AtMostOnce;

    private static void KeepingDeadLetters(TopicOptions options) => ((PubSubOptions)options).KeepDeadLetters = true;

    private static async Task RetryAsync(MoveScene scene, TimeSpan delay, Action<TopicOptions>? topic)
    {
        await scene.PublishAsync(topic: topic);
        await (await scene.WorkerAsync(topic)).SubscribeAsync<Note>(Topic, scene.FailFirstAsync, RetriedAfter(delay));
        await scene.StartedAsync(Count);

        await scene.WhileBrokenAsync(() => OpenAsync(scene), () => HasAllAsync(scene));

        await scene.HandledAsync();
    }

    private static async Task LeaveDeadLettersAsync(MoveScene scene, RedisMessageBus bus, Action<TopicOptions>? topic = null)
    {
        await using (await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new InvalidOperationException("It always fails."), GivenUp))
        {
            await scene.PublishAsync(topic: topic);
            await Eventually.TrueAsync(() => AreDeadAsync(scene));
        }
    }

    /// <summary>Messages that a consumer has in hand that does not live any more.</summary>
    private static async Task LeaveToGhostAsync(MoveScene scene)
    {
        var publisher = await scene.PublisherAsync(WithLease);
        if (scene.Kind == TransportKind.Stream)
        {
            await publisher.Topic(Topic).AsStream().Groups.CreateAsync(MoveScene.Group, HistoryPoint.Beginning);
        }

        await scene.PublishAsync(topic: WithLease);
        if (scene.Kind == TransportKind.Stream)
        {
            (await scene.Admin.StreamReadGroupAsync(scene.Key("stream"), MoveScene.Group, Ghost, ">", Count)).Should().HaveCount(Count);
            return;
        }

        for (var number = 1; number <= Count; number++)
        {
            await scene.Admin.HashSetAsync(scene.Key("queue:claims:" + Ghost), number, await scene.Admin.ListRightPopAsync(scene.Key("queue")));
        }

        await scene.Admin.ScriptEvaluateAsync("redis.call('ZADD', KEYS[1], redis.call('TIME')[1] * 1000, ARGV[1])", [scene.Key("queue:consumers")], [Ghost]);
    }

    private static async Task<List<ReceivedMessage<Note>>> ReadAsync(IAsyncEnumerator<ReceivedMessage<Note>> reading)
    {
        var received = new List<ReceivedMessage<Note>>();
        while (received.Count < Count)
        {
            (await Eventually.EndsAsync(reading.MoveNextAsync().AsTask())).Should().BeTrue();
            received.Add(reading.Current);
        }

        return received;
    }
}
