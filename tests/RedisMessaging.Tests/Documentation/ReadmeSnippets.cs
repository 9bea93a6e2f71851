using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Topics;
using StackExchange.Redis;

// The documentation's code, compiled. README.md or a page of docs holds each region's text; ReadmeTests compares them.
namespace RedisMessaging.Tests.Documentation;

#region json-context
public sealed record OrderPlaced(int OrderId, string Customer);

[JsonSerializable(typeof(OrderPlaced))]
internal sealed partial class ShopJson : JsonSerializerContext;
#endregion

// The others stand in README's first program, which a test of RedisMessaging.SampleTests compiles and runs.
public sealed class ReserveStock : IMessageHandler<OrderPlaced>
{
    public ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

#region request-handler
public sealed record QuoteRequest(string Article, int Count);

public sealed record Quote(decimal Total);

public sealed class QuoteHandler : IRequestHandler<QuoteRequest, Quote>
{
    public ValueTask<Quote> HandleAsync(QuoteRequest request, MessageContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new Quote(request.Count * 9.90m));
}
#endregion

#region raw-types
public sealed record Payment([property: JsonPropertyName("user_id")] int UserId, decimal Amount, string? Note = null);

public sealed record Job(string Name, int Priority);
#endregion

#region handling-once
public sealed class BillOrder(DbDataSource database) : IMessageHandler<OrderPlaced>
{
    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // No row: this message's bill is in the database already, and only its ack was lost.
        var isNew = await ExecuteAsync(
            transaction,
            "INSERT INTO handled_messages (message_id, handler) VALUES (@id, 'bill-order') ON CONFLICT DO NOTHING",
            ("id", context.MessageId));
        if (isNew == 1)
        {
            await ExecuteAsync(transaction, "INSERT INTO bills (order_id, customer) VALUES (@order, @customer)", ("order", message.OrderId), ("customer", message.Customer));
        }

        // Both rows or none. The ack follows when this method returns.
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<int> ExecuteAsync(DbTransaction transaction, string sql, params (string Name, object Value)[] values)
    {
        await using var command = transaction.Connection!.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, sql);
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return await command.ExecuteNonQueryAsync();
    }
}
#endregion

public sealed record PriceChanged(string Symbol, decimal Price);

internal static class ReadmeSnippets
{
    public static async Task WithoutHostAsync()
    {
        #region without-host
        await using var bus = await RedisMessageBus.ConnectAsync("localhost:6379", messaging => messaging.AddQueue<string>("jobs"));
        await using var subscription = await bus.SubscribeAsync<string>("jobs", (job, context, cancellationToken) =>
        {
            Console.WriteLine($"{context.MessageId}: {job}");
            return ValueTask.CompletedTask;
        });
        await bus.PublishAsync("clean up");
        #endregion
    }

    public static async Task PublishingOnceAsync(IMessageBus bus, int number)
    {
        #region publishing-once
        var result = await bus.PublishAsync(new OrderPlaced(number, "서연"), new PublishOptions { MessageId = $"order-{number}" });
        Console.WriteLine(result.Duplicate ? "somebody published it before" : "stored");
        #endregion
    }

    public static void Inbox(RedisMessagingBuilder messaging)
    {
        #region inbox
        messaging.AddHandler<OrderPlaced, ReserveStock>(handler => handler.InboxWindow = TimeSpan.FromHours(1));
        #endregion
    }

    public static async Task<bool> PublishingAsync(IMessageBus bus, IEnumerable<OrderPlaced> orders)
    {
        #region publishing
        await bus.PublishAsync(new OrderPlaced(42, "서연"));
        await bus.PublishToAsync("orders", new OrderPlaced(43, "Ada"), new PublishOptions { CorrelationId = "cart-7", Headers = new Dictionary<string, string> { ["tenant"] = "acme" } });
        await bus.PublishManyAsync(orders);
        bool taken = bus.TryPublish(new PriceChanged("ACME", 12.5m));
        #endregion
        return taken;
    }

    public static async Task SchedulingAsync(IMessageBus bus, DateTimeOffset morning)
    {
        #region scheduling
        await bus.PublishAsync(new OrderPlaced(44, "Ada"), new PublishOptions { Delay = TimeSpan.FromMinutes(10) });
        var reminder = await bus.PublishAsync(new OrderPlaced(45, "Ada"), new PublishOptions { NotBefore = morning, TimeToLive = TimeSpan.FromHours(1) });

        var scheduled = bus.Topic("orders").Scheduled;
        foreach (var message in await scheduled.PeekAsync(count: 20))
        {
            Console.WriteLine($"{message.MessageId} {message.Type}: due at {message.DueAt}");
        }

        bool cancelled = await scheduled.CancelAsync(reminder.MessageId);
        #endregion
        _ = cancelled;
    }

    public static void Retry(RedisMessagingBuilder messaging)
    {
        #region retry
        messaging.AddHandler<OrderPlaced, ReserveStock>(handler =>
        {
            handler.Retry.MaxAttempts = 5;
            handler.Retry.ImmediateAttempts = 1;
            handler.Retry.Delay = TimeSpan.FromSeconds(1);
            handler.Retry.DoNotRetry<FormatException>();
            handler.HandlerTimeout = TimeSpan.FromMinutes(2);
        });
        #endregion
    }

    public static void OnDeadLetter(RedisMessagingBuilder messaging)
    {
        #region on-dead-letter
        messaging.AddHandler<OrderPlaced, ReserveStock>(handler =>
            handler.OnDeadLetter = (notice, token) =>
            {
                Console.WriteLine($"{notice.Topic}: {notice.Group} gave up {notice.MessageId} after {notice.Attempts} attempts ({notice.Reason}): {notice.Exception?.Message}");
                return ValueTask.CompletedTask;
            });
        #endregion
    }

    public static async Task KeyOrderAsync(IMessageBus bus, RedisMessagingBuilder messaging)
    {
        #region key-order
        await bus.PublishAsync(new OrderPlaced(46, "Ada"), new PublishOptions { Key = "Ada" });

        messaging.AddHandler<OrderPlaced, ReserveStock>(handler =>
        {
            handler.Concurrency = 16;
            handler.KeyOrder = KeyOrder.Strict;
        });
        #endregion
    }

    public static void Batches(RedisMessagingBuilder messaging)
    {
        #region batches
        messaging.AddBatchHandler<OrderPlaced>(
            async (batch, cancellationToken) =>
            {
                var failed = await SaveAsync(batch.Select(order => order.Message), cancellationToken);
                if (failed.Count > 0)
                {
                    throw new BatchException(batch.Where(order => failed.ContainsKey(order.Message)).ToDictionary(MessageContext (order) => order, order => failed[order.Message]));
                }
            },
            handler =>
            {
                handler.BatchSize = 200;
                handler.BatchWait = TimeSpan.FromMilliseconds(20);
            });
        #endregion

        static Task<Dictionary<OrderPlaced, Exception>> SaveAsync(IEnumerable<OrderPlaced> orders, CancellationToken cancellationToken) => Task.FromResult(new Dictionary<OrderPlaced, Exception>());
    }

    public static async Task DeadLettersAsync(IMessageBus bus)
    {
        #region dead-letters
        var deadLetters = bus.Topic("orders").DeadLetters;
        foreach (var letter in await deadLetters.PeekAsync(count: 20))
        {
            Console.WriteLine($"{letter.Id} {letter.Type} of {letter.Group}: {letter.Reason}, {letter.Detail}");
        }

        await deadLetters.RedriveAllAsync(letter => letter.Reason == "max-attempts");
        #endregion
    }

    public static async Task HistoryAsync(IMessageBus bus, DateTimeOffset yesterday, CancellationToken cancellationToken)
    {
        #region history
        await foreach (var entry in bus.Topic("orders").AsStream().ReadHistoryAsync<OrderPlaced>(from: yesterday, options: new HistoryOptions { Backwards = true }, cancellationToken: cancellationToken))
        {
            Console.WriteLine(entry.TryGetMessage(out var order) ? $"{entry.Position} {entry.StoredAt}: {order}" : $"{entry.Position}: {entry.Error!.Message}");
        }

        await foreach (var entry in bus.Topic("orders").AsStream().TailAsync<object>(cancellationToken: cancellationToken))
        {
            Console.WriteLine(entry.Context?.MessageId);
        }
        #endregion
    }

    public static void Families(RedisMessagingBuilder messaging)
    {
        #region families
        messaging.AddPubSub<PriceChanged>("prices:{symbol}");
        messaging.AddStream<OrderPlaced>("orders:{country}", orders => orders.Lease = TimeSpan.FromMinutes(1));      // settings for all members

        messaging.AddHandler<OrderPlaced>(
            async (order, context, token) => await Console.Out.WriteLineAsync($"{context.Parameters["country"]}: {order}".AsMemory(), token),
            handler => handler.Topic = "orders:{country}");                                                          // or one member: "orders:kr"
        #endregion
    }

    public static async Task FamilyMembersAsync(IMessageBus bus)
    {
        #region family-members
        await bus.PublishToAsync("orders:kr", new OrderPlaced(1, "서연"));

        await foreach (var member in bus.Topic("orders:{country}").AsFamily().ListMembersAsync())
        {
            Console.WriteLine($"{member}: {await bus.Topic(member).DeadLetters.CountAsync()} dead letters");
        }
        #endregion
    }

    public static void KeepsFor(RedisMessagingBuilder messaging)
    {
        #region retention
        messaging.AddStream<OrderPlaced>("orders", stream => stream.Retention = new Retention { MaxLength = 5_000_000, MaxAge = TimeSpan.FromDays(30) });
        messaging.AddStream<PriceChanged>("prices", stream => stream.Retention = new Retention { MaxLength = 10_000, Force = true });
        messaging.AddStream<string>("audit", stream => stream.Retention = Retention.Forever);
        messaging.AddStream<int>("jobs", stream => stream.DeleteOnAck = true);
        #endregion
    }

    public static async Task GroupsAsync(IMessageBus bus, DateTimeOffset yesterday)
    {
        #region groups
        var groups = bus.Topic("orders").AsStream().Groups;
        foreach (var group in await groups.ListAsync())
        {
            Console.WriteLine($"{group.Name}: {group.Lag} unread, {group.Pending} pending, {group.Retrying} to be handled again");
        }

        await groups.SeekAsync("billing", yesterday);
        #endregion
    }

    public static async Task ReadingAsync(IMessageBus bus, CancellationToken cancellationToken)
    {
        #region reading
        await foreach (var message in bus.ReadAsync<OrderPlaced>("orders", new SubscribeOptions { Group = "billing" }, cancellationToken))
        {
            if (!message.TryGetMessage(out var order))
            {
                await message.DeadLetterAsync("unreadable", cancellationToken);
            }
            else if (await TryBillAsync(order))
            {
                await message.AckAsync(cancellationToken);
            }
            else
            {
                await message.NackAsync(TimeSpan.FromSeconds(5), cancellationToken);
            }
        }
        #endregion

        static Task<bool> TryBillAsync(OrderPlaced order) => Task.FromResult(order.OrderId > 0);
    }

    public static async Task RequestingAsync(IMessageBus bus, CancellationToken cancellationToken)
    {
        #region requesting
        try
        {
            var quote = await bus.RequestAsync<QuoteRequest, Quote>(new QuoteRequest("사과", 3), new RequestOptions { Timeout = TimeSpan.FromSeconds(5) }, cancellationToken);
            Console.WriteLine(quote.Total);
        }
        catch (RemoteRequestException failed)
        {
            Console.WriteLine($"{failed.RemoteType}: {failed.RemoteMessage}");
        }
        catch (RequestTimeoutException)
        {
            Console.WriteLine("Nobody answered in time.");
        }
        #endregion
    }

    public static async Task RequestAsync(IMessageBus bus)
    {
        #region request
        var quote = await bus.RequestAsync<QuoteRequest, Quote>(new QuoteRequest("사과", 3));
        #endregion
        Console.WriteLine(quote);
    }

    public static void Requests(RedisMessagingBuilder messaging)
    {
        #region request-registration
        messaging.AddQueue<QuoteRequest>("quotes");
        messaging.AddRequestHandler<QuoteRequest, Quote, QuoteHandler>(handler => handler.Concurrency = 16);
        #endregion
    }

    public static async Task PausingAsync(IMessageBus bus, IMessageSubscription subscription, RedisMessagingBuilder messaging)
    {
#pragma warning disable format // Comments in a column, as the README shows them.
        #region pausing
        await bus.Topic("orders").PauseAsync();             // all consumers of the topic, in every process, until ResumeAsync
        await bus.Topic("orders").PauseAsync("billing");    // or one group's
        await subscription.PauseAsync();                    // or one subscription, in this process alone

        messaging.AddHandler<OrderPlaced, ReserveStock>(handler =>
        {
            handler.RateLimit = new RateLimit(50, TimeSpan.FromSeconds(1));
            handler.PauseOn<TimeoutException>(after: 5, pauseFor: TimeSpan.FromSeconds(30));
        });
        #endregion
#pragma warning restore format
    }

    public static void Configuration(HostApplicationBuilder builder)
    {
        #region configuration
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddTopic<OrderPlaced>("orders", TransportKind.Stream);
            messaging.AddPubSub<PriceChanged>("prices:*");
        });
        #endregion
    }

    public static void Raw(RedisMessagingBuilder messaging)
    {
        #region raw
        messaging.AddStream<Payment>("payments", stream => (stream.Key, stream.Format) = ("payments", MessageFormat.Raw));
        messaging.AddQueue<Job>("jobs", queue => (queue.Key, queue.Format) = ("jobs", MessageFormat.Raw));
        messaging.AddPubSub<PriceChanged>("prices", pubSub => (pubSub.Key, pubSub.Format) = ("{shop}:prices", MessageFormat.Raw));
        #endregion

        #region raw-keyspace
        messaging.AddPubSub<string>("__keyspace@0__:*", pubSub => pubSub.Format = MessageFormat.Raw);
        messaging.AddHandler<string>((happened, context, _) => Console.Out.WriteLineAsync($"{context.Channel["__keyspace@0__:".Length..]}: {happened}"));
        #endregion
    }

    public static async Task SubscribersAsync(IMessageBus bus)
    {
        #region subscribers
        var subscribers = await bus.Topic("prices:*").AsPubSub().CountSubscribersAsync();
        foreach (var (channel, count) in subscribers.Channels)
        {
            Console.WriteLine($"{channel}: {count}");
        }
        #endregion
    }

    public static void Connections(IServiceCollection services, Action<RedisMessagingBuilder> configure)
    {
#pragma warning disable format // Comments in a column, as the README shows them.
        #region connections
        services.AddRedisMessaging("localhost:6379,password=…", configure);                                       // a connection string
        services.AddRedisMessaging("rediss://shop:…@redis.example.com:6380/0", configure);                        // a URL; rediss:// is TLS
        services.AddRedisMessaging("redis", configure);                                                           // ConnectionStrings:redis of the configuration, else a host
        services.AddRedisMessaging(new ConfigurationOptions { EndPoints = { "localhost:6379" } }, configure);     // all of StackExchange.Redis' options
        services.AddRedisMessaging(async (provider, cancellationToken) => await ConnectAsync(provider), configure);   // a factory
        services.AddRedisMessaging(configure);                                                                    // the IConnectionMultiplexer in the container, never disposed by the bus
        #endregion
#pragma warning restore format

        static async Task<IConnectionMultiplexer> ConnectAsync(IServiceProvider provider) => await ConnectionMultiplexer.ConnectAsync("localhost:6379");
    }
}
