using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

#pragma warning disable CA2016, CA1859 // Calls without a token, and through the interface, are among the shapes.

namespace RedisMessaging.Tests;

/// <summary>Every way to call the public API that users are promised. That this compiles, without casts and without named type arguments where none are shown, is the test.</summary>
public sealed class CallShapes
{
    [Fact]
    public void It_compiles() => typeof(CallShapes).Should().NotBeNull();

    internal static void Registration(IServiceCollection services, IConfiguration configuration, ConfigurationOptions options, IConnectionMultiplexer multiplexer)
    {
        services.AddRedisMessaging("localhost:6379", Configure);
        services.AddRedisMessaging("localhost:6379", messaging => messaging.AddQueue<string>("jobs"));
        services.AddRedisMessaging(options, Configure);
        services.AddRedisMessaging((provider, ct) => Task.FromResult(multiplexer), Configure);
        services.AddRedisMessaging(async (provider, ct) => await Task.FromResult<IConnectionMultiplexer>(multiplexer), Configure);
        services.AddRedisMessaging(Configure);
        services.AddRedisMessaging(messaging => messaging.AddQueue<string>("jobs"));
        services.AddRedisMessaging(configuration, Configure);
        services.AddRedisMessaging(configuration.GetSection("RedisMessaging"), messaging => { });
    }

    internal static void Configure(RedisMessagingBuilder messaging)
    {
        messaging.KeyPrefix = "shop:";
        messaging.Application = "shop";
        messaging.StartWithoutRedis = true;
        messaging.OnTransportChange = OnTransportChange.Drain;
        messaging.UseJson(SampleJson.Default);
        messaging.AddPubSub<PriceChanged>("prices");
        messaging.AddPubSub<PriceChanged>("news:*", news => news.FullMode = PubSubFullMode.DropNewest);
        messaging.AddQueue<SendEmail>("emails", queue => queue.Lease = TimeSpan.FromSeconds(30));
        messaging.AddStream("orders", stream => stream.Carries<OrderPlaced>("order-placed").Carries<OrderShipped>("order-shipped", "shipped", "sent"));
        messaging.AddTopic<string>("invoices", TransportKind.Stream);
        messaging.AddTopic<int>("numbers", TransportKind.Queue, topic => ((QueueOptions)topic).Delivery = QueueDelivery.AtMostOnce);
        messaging.AddTopic("mixed", TransportKind.Stream, topic => topic.Carries<long>().Carries<Guid>());

        messaging.AddHandler<OrderPlaced, Reserve>(h =>
        {
            h.Group = "inventory";
            h.Concurrency = 16;
        });
        messaging.AddHandler<OrderPlaced, Reserve>();

        // Delegates: ValueTask and Task, lambdas and method groups, async and not.
        messaging.AddHandler<OrderPlaced>((order, context, ct) => BillAsync(order, ct), h => h.Group = "billing");
        messaging.AddHandler<OrderPlaced>((order, context, ct) => BillTaskAsync(order, ct), h => h.Group = "billing");
        messaging.AddHandler<OrderPlaced>(async (order, context, ct) => await BillAsync(order, ct));
        messaging.AddHandler<OrderPlaced>(async (order, context, ct) =>
        {
            await BillTaskAsync(order, ct);
            await Task.Yield();
        });
        messaging.AddHandler<OrderPlaced>((_, _, _) => ValueTask.CompletedTask);
        messaging.AddHandler<OrderPlaced>((_, _, _) => Task.CompletedTask);
        messaging.AddHandler<OrderPlaced>((_, _, _) => throw new InvalidOperationException());
        messaging.AddHandler<OrderPlaced>(HandleValueTask);
        messaging.AddHandler<OrderPlaced>(HandleTask);
        MessageHandler<OrderPlaced> handler = HandleValueTask;
        messaging.AddHandler(handler);

        // Batches: the same.
        messaging.AddBatchHandler<OrderPlaced, ReserveMany>(h =>
        {
            h.BatchSize = 100;
            h.BatchWait = TimeSpan.FromMilliseconds(50);
            h.Topic = "orders";
            h.Retry.MaxAttempts = 3;
        });
        messaging.AddBatchHandler<OrderPlaced, ReserveMany>();
        messaging.AddBatchHandler<OrderPlaced>((batch, ct) => BillManyAsync(batch, ct), h => h.Group = "billing");
        messaging.AddBatchHandler<OrderPlaced>((batch, ct) => BillManyTaskAsync(batch, ct), h => h.BatchSize = 10);
        messaging.AddBatchHandler<OrderPlaced>(async (batch, ct) => await BillManyAsync(batch, ct));
        messaging.AddBatchHandler<OrderPlaced>(async (batch, ct) =>
        {
            await batch[0].AckAsync(ct);
            await Task.Yield();
        });
        messaging.AddBatchHandler<OrderPlaced>((_, _) => ValueTask.CompletedTask);
        messaging.AddBatchHandler<OrderPlaced>((_, _) => Task.CompletedTask);
        messaging.AddBatchHandler<OrderPlaced>((_, _) => throw new InvalidOperationException());
        messaging.AddBatchHandler<OrderPlaced>(BillManyAsync);
        messaging.AddBatchHandler<OrderPlaced>(BillManyTaskAsync);
        BatchHandler<OrderPlaced> batches = BillManyAsync;
        messaging.AddBatchHandler(batches);
        messaging.AddHandler<OrderPlaced, Reserve>(h => (h.KeyOrder, h.Concurrency) = (KeyOrder.Strict, 16));

        messaging.AddPublishFilter<Filter>().AddConsumeFilter<Filter>();
        messaging.AddPublishFilter(new Filter()).AddConsumeFilter(new Filter());
    }

    internal static async Task Publishing(IMessageBus bus, CancellationToken ct)
    {
        await bus.PublishAsync(new OrderPlaced(1, "a"));
        await bus.PublishAsync(new OrderPlaced(1, "a"), ct);
        await bus.PublishAsync(new OrderPlaced(1, "a"), new PublishOptions { MessageId = "1" });
        await bus.PublishAsync(new OrderPlaced(1, "a"), new PublishOptions { Key = "1" }, ct);
        await bus.PublishAsync("text");
        await bus.PublishAsync("text", ct);
        await bus.PublishAsync("text", new PublishOptions(), ct);
        await bus.PublishAsync(5);
        await bus.PublishAsync(new byte[] { 1 });

        await bus.PublishToAsync("orders", new OrderPlaced(1, "a"));
        await bus.PublishToAsync("orders", new OrderPlaced(1, "a"), cancellationToken: ct);
        await bus.PublishToAsync("orders", "text");
        await bus.PublishToAsync("orders", "text", new PublishOptions { CorrelationId = "c" }, ct);
        await bus.PublishToAsync("orders", "text", null, ct);

        PublishResult result = await bus.PublishAsync("text");
        (string id, long? receivers, string? position, bool duplicate) = result;
        _ = (id, receivers, position, duplicate);

        List<OrderPlaced> list = [];
        OrderPlaced[] array = [];
        IEnumerable<OrderPlaced> sequence = list;
        IReadOnlyList<PublishResult> results = await bus.PublishManyAsync(list);
        await bus.PublishManyAsync(array, ct);
        await bus.PublishManyAsync(sequence, ct);
        await bus.PublishManyAsync(sequence.Select(order => new OutgoingMessage<OrderPlaced>(order)));
        await bus.PublishManyAsync(sequence.Select(order => new OutgoingMessage<OrderPlaced>(order, new PublishOptions { Key = order.Customer })).ToList(), ct);
        await bus.PublishManyAsync("orders", list);
        await bus.PublishManyAsync("orders", array, new PublishOptions { CorrelationId = "c" }, ct);
        await bus.PublishManyAsync("orders", sequence, cancellationToken: ct);
        await bus.PublishManyAsync("orders", sequence.Select(order => new OutgoingMessage<OrderPlaced>(order)), ct);
        await bus.PublishManyAsync("orders", new List<OutgoingMessage<OrderPlaced>>());
        await bus.PublishManyAsync(["a", "b"]);
        await bus.PublishManyAsync("jobs", ["a", "b"]);
        _ = results;

        bool taken = bus.TryPublish("text") && bus.TryPublish(new PriceChanged("a", 1), new PublishOptions());
        taken = bus.TryPublishTo("prices", new PriceChanged("a", 1)) && bus.TryPublishTo("prices", new PriceChanged("a", 1), new PublishOptions());
        _ = taken;

        try
        {
            await bus.PublishAsync("text");
        }
        catch (PublishRefusedException refused)
        {
            _ = (refused.Topic, refused.MessageId);
        }
        catch (PublishOutcomeUnknownException unknown)
        {
            _ = unknown.MessageId;
        }
        catch (PublishManyException some)
        {
            _ = some.Outcomes.Count(outcome => outcome.Error is null);
        }
        catch (RedisMessagingException)
        {
            throw;
        }
    }

    internal static async Task Subscribing(IMessageBus bus, CancellationToken ct)
    {
        await using var subscription = await bus.SubscribeAsync<OrderPlaced>("orders", (order, context, token) => BillAsync(order, token));
        _ = (subscription.Topic, subscription.Group);
        await using var task = await bus.SubscribeAsync<OrderPlaced>("orders", (order, context, token) => BillTaskAsync(order, token));
        await using var asynchronous = await bus.SubscribeAsync<OrderPlaced>("orders", async (order, context, token) => await BillAsync(order, token), new SubscribeOptions { Group = "g" }, ct);
        await using var block = await bus.SubscribeAsync<string>("jobs", async (job, context, token) =>
        {
            await Task.Delay(1, token);
            Console.WriteLine($"{context.Channel} {job}");
        }, cancellationToken: ct);
        await using var group = await bus.SubscribeAsync<OrderPlaced>("orders", HandleValueTask);
        await using var taskGroup = await bus.SubscribeAsync<OrderPlaced>("orders", HandleTask);
        MessageHandler<OrderPlaced> handler = HandleValueTask;
        await using var inferred = await bus.SubscribeAsync("orders", handler, new SubscribeOptions { Concurrency = 4, Prefetch = 10, Broadcast = true, StartAt = StartPosition.New });
    }

    internal static async Task SubscribingBatches(IMessageBus bus, CancellationToken ct)
    {
        await using var subscription = await bus.SubscribeBatchAsync<OrderPlaced>("orders", (batch, token) => BillManyAsync(batch, token));
        await using var task = await bus.SubscribeBatchAsync<OrderPlaced>("orders", (batch, token) => BillManyTaskAsync(batch, token));
        await using var block = await bus.SubscribeBatchAsync<OrderPlaced>("orders", async (batch, token) =>
        {
            await Task.Delay(1, token);
            throw new BatchException(batch.ToDictionary(MessageContext (order) => order, Exception (order) => new InvalidOperationException(order.Message.Customer)));
        }, new BatchSubscribeOptions { BatchSize = 10, BatchWait = TimeSpan.Zero, Concurrency = 2 }, ct);
        await using var group = await bus.SubscribeBatchAsync<OrderPlaced>("orders", BillManyAsync, cancellationToken: ct);
        await using var taskGroup = await bus.SubscribeBatchAsync<OrderPlaced>("orders", BillManyTaskAsync);
        await using var keyed = await bus.SubscribeAsync<OrderPlaced>("orders", HandleTask, new SubscribeOptions { KeyOrder = KeyOrder.Overtaking });
    }

    internal static async Task Reading(IMessageBus bus, CancellationToken ct)
    {
        await foreach (var received in bus.ReadAsync<OrderPlaced>("orders"))
        {
            await received.AckAsync();
            break;
        }

        await foreach (var received in bus.ReadAsync<OrderPlaced>("orders", new SubscribeOptions { Group = "g" }, ct))
        {
            bool ours = received.TryGetMessage(out var order) ? await received.AckAsync(ct) && order.OrderId > 0 : await received.DeadLetterAsync("unreadable", ct);
            _ = ours || await received.NackAsync() || await received.NackAsync(TimeSpan.FromSeconds(1), ct) || await received.ExtendAsync(ct);
            _ = (received.Message, received.Error, received.MessageId, received.Attempt, received.Headers.Count, received.Position);
        }

        await foreach (var received in bus.ReadAsync<string>("jobs", cancellationToken: ct).WithCancellation(ct))
        {
            _ = received.Message.Length;
        }
    }

    internal static async Task WithoutHost(CancellationToken ct)
    {
        await using var bus = await RedisMessageBus.ConnectAsync("localhost", messaging => messaging.AddPubSub<string>("a"));
        await using var cancellable = await RedisMessageBus.ConnectAsync("localhost", Configure, ct);
        await using var logging = await RedisMessageBus.ConnectAsync("localhost", Configure, NullLoggerFactory.Instance, ct);
        IMessageBus seam = bus;
        await seam.PublishAsync("text", ct);
    }

    private static ValueTask BillAsync(OrderPlaced order, CancellationToken ct) => ValueTask.CompletedTask;

    private static Task BillTaskAsync(OrderPlaced order, CancellationToken ct) => Task.CompletedTask;

    private static ValueTask HandleValueTask(OrderPlaced order, MessageContext context, CancellationToken ct) => ValueTask.CompletedTask;

    private static Task HandleTask(OrderPlaced order, MessageContext context, CancellationToken ct) => Task.CompletedTask;

    private static ValueTask BillManyAsync(IReadOnlyList<ReceivedMessage<OrderPlaced>> orders, CancellationToken ct) => ValueTask.CompletedTask;

    private static Task BillManyTaskAsync(IReadOnlyList<ReceivedMessage<OrderPlaced>> orders, CancellationToken ct) => Task.CompletedTask;

    private sealed class ReserveMany : IBatchHandler<OrderPlaced>
    {
        public ValueTask HandleAsync(IReadOnlyList<ReceivedMessage<OrderPlaced>> batch, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class Reserve : IMessageHandler<OrderPlaced>
    {
        public ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class Filter : IPublishFilter, IConsumeFilter
    {
        public ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken)
        {
            context.Headers["tenant"] = "acme";
            return next(context, cancellationToken);
        }

        public ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken) => next(context, cancellationToken);
    }
}
