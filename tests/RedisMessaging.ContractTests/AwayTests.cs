using System.Reflection;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Every call that a program can make while Redis is away, or refuses: it ends when it says so, with an exception of this library's, or with its token.</summary>
public sealed class AwayTests(ITestOutputHelper output) : StartUpTest(output)
{
    /// <summary>Those that wait, and what waits once, as the configuration below has it; and what a busy machine takes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly Type[] Interfaces = [
        typeof(IMessageBus), typeof(IMessagePublisher), typeof(ITopic), typeof(IStreamTopic), typeof(IPubSubTopic), typeof(ITopicFamily), typeof(IDeadLetters),
        typeof(IScheduledMessages), typeof(IConsumerGroups), typeof(IMessageSubscription), typeof(ReceivedMessage<Note>),
    ];

    /// <summary>What is done in this process, and needs no Redis.</summary>
    private static readonly HashSet<string> Local =
    [
        "IMessagePublisher.TryPublish", "IMessagePublisher.TryPublishTo", "IMessageBus.Topic", "IMessageSubscription.PauseAsync", "IMessageSubscription.ResumeAsync", "IMessageSubscription.add_Gap", "IMessageSubscription.remove_Gap",
        "ReceivedMessage`1.TryGetMessage",
    ];

    /// <summary>What waits until Redis is back, and says so.</summary>
    private static readonly HashSet<string> Endless = ["ReceivedMessage`1.AckAsync", "ReceivedMessage`1.NackAsync", "ReceivedMessage`1.DeadLetterAsync"];

    /// <summary>Sequences without an end.</summary>
    private static readonly HashSet<string> Following = ["IMessageBus.ReadAsync", "IStreamTopic.TailAsync"];

    [Fact]
    public async Task Every_call_ends_in_time_with_an_exception_of_this_library()
    {
        await using var fixture = await OpenAsync();
        await fixture.Server.KillAsync();

        var outcomes = await Task.WhenAll(fixture.Calls(Interfaces).Where(call => !Endless.Contains(call.Name)).Select(call => ObserveAsync(call, CancellationToken.None)));

        outcomes.Should().HaveCountGreaterThan(60);
        outcomes.Where(outcome => outcome.Took > Longest).Should().BeEmpty("each of them ends in time");
        outcomes.Where(outcome => !Local.Contains(outcome.Name) && outcome.Error is not RedisMessagingException).Should().BeEmpty("nothing of StackExchange.Redis comes out, and nothing is made up");
        outcomes.Where(outcome => Local.Contains(outcome.Name) && outcome.Error is not null).Should().BeEmpty("they need no Redis");
    }

    [Fact]
    public async Task Every_call_ends_with_its_token()
    {
        await using var fixture = await OpenAsync();
        await fixture.Server.KillAsync();
        using var cancellation = new CancellationTokenSource();
        var observing = fixture.Calls(Interfaces).Where(call => call.TakesToken).Select(call => ObserveAsync(call, cancellation.Token)).ToList();
        await Task.Delay(TimeSpan.FromMilliseconds(300));

        var cancelled = TimeProvider.System.GetTimestamp();
        await cancellation.CancelAsync();

        // A publish that is under way is waited for, as it says.
        var outcomes = await Task.WhenAll(observing);
        outcomes.Should().HaveCountGreaterThan(50);
        outcomes.Where(outcome => outcome.Error is not (OperationCanceledException or RedisMessagingException) && !Local.Contains(outcome.Name)).Should().BeEmpty();
        outcomes.Where(outcome => outcome.Error is not OperationCanceledException && !outcome.Name.Contains("Publish", StringComparison.Ordinal) && !Local.Contains(outcome.Name)).Should().BeEmpty();
        outcomes.Where(outcome => outcome.Took > TimeSpan.FromSeconds(2) && !outcome.Name.Contains("Publish", StringComparison.Ordinal)).Should().BeEmpty("a token ends the wait");
        TimeProvider.System.GetElapsedTime(cancelled).Should().BeLessThan(Longest);
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("full")]
    [InlineData("read-only")]
    public async Task Every_call_ends_in_an_exception_of_this_library_where_Redis_refuses(string how)
    {
        await using var fixture = await OpenAsync();
        await (how switch
        {
            "refused" => fixture.Admin.ExecuteAsync("ACL", "SETUSER", "worker", "resetkeys", "resetchannels", "-@all", "+ping", "+info"),
            "full" => fixture.Admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "1"),
            _ => fixture.Admin.ExecuteAsync("REPLICAOF", "127.0.0.1", "1"),
        });

        // What reads goes well where only writing is refused, and then waits for messages.
        using var enough = new CancellationTokenSource(Patience * 3);
        var outcomes = await Task.WhenAll(fixture.Calls(Interfaces)
            .Where(call => !Endless.Contains(call.Name))
            .Select(call => ObserveAsync(call, Following.Contains(call.Name) ? enough.Token : CancellationToken.None)));

        outcomes.Where(outcome => outcome.Error is not (null or RedisMessagingException) && !(outcome.Error is OperationCanceledException && Following.Contains(outcome.Name))).Should().BeEmpty();
        outcomes.Where(outcome => outcome.Took > Longest).Should().BeEmpty("each of them ends in time");
        if (how == "refused")
        {
            outcomes.Where(outcome => !Local.Contains(outcome.Name) && outcome.Error is null or OperationCanceledException).Should().BeEmpty("nothing is made up");
        }
    }

    [Fact]
    public async Task Subscribing_waits_for_Redis()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(30));
        await fixture.Server.KillAsync();
        var inbox = new Inbox();
        var subscribing = fixture.Bus.SubscribeAsync<Note>("streamed", inbox.HandleAsync, new SubscribeOptions { Group = "late" }).AsTask();
        await Task.Delay(TimeSpan.FromSeconds(1));
        subscribing.IsCompleted.Should().BeFalse("it waits");

        await fixture.Server.RestartAsync();

        await using var subscription = await Eventually.EndsAsync(subscribing);
        await fixture.Bus.PublishToAsync("streamed", new Note("live"));
        await inbox.HasAsync(new Note("live"));
    }

    private async Task<Away> OpenAsync(TimeSpan? startTimeout = null)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "~*", "&*", "+@all");
        var bus = await RedisMessageBus.ConnectAsync(connection + ",asyncTimeout=2000,connectTimeout=2000", messaging =>
        {
            messaging.UseJson(ContractJson.Default);
            messaging.Options.StartTimeout = startTimeout ?? Patience;
            messaging.Options.PublishTimeout = Patience;
            messaging.Options.ShutdownTimeout = Patience;
            messaging.AddStream<Note>("streamed");
            messaging.AddQueue<Alarm>("queued");
            messaging.AddPubSub<Sum>("channelled", pubSub => pubSub.KeepDeadLetters = true);
            messaging.AddStream("family:{id}", stream => stream.Carries<Payment>());
        }, Log);
        Own(bus);
        await bus.PublishToAsync("family:1", new Payment(1, 1));
        var admin = await AdminAsync(server);
        return await Away.OpenAsync(server, admin, bus);
    }

    private static async Task<Outcome> ObserveAsync(Call call, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        Exception? error = null;
        try
        {
            await call.InvokeAsync(cancellationToken).WaitAsync(TimeSpan.FromSeconds(40), CancellationToken.None);
        }
        catch (Exception thrown)
        {
            error = thrown;
        }

        return new Outcome(call.Name, call.Description, error, TimeProvider.System.GetElapsedTime(started));
    }

    private sealed record Outcome(string Name, string Description, Exception? Error, TimeSpan Took)
    {
        public override string ToString() => $"{Description}: {Error?.GetType().Name} after {Took.TotalSeconds:0.0} s: {Error?.Message}";
    }

    private sealed record Call(string Name, string Description, bool TakesToken, Func<CancellationToken, Task> InvokeAsync);

    /// <summary>A bus, and one of everything that it hands out.</summary>
    private sealed class Away(OwnRedisServer server, IDatabase admin, RedisMessageBus bus, IReadOnlyDictionary<Type, object[]> targets) : IAsyncDisposable
    {
        public OwnRedisServer Server => server;

        public IDatabase Admin => admin;

        public RedisMessageBus Bus => bus;

        public static async Task<Away> OpenAsync(OwnRedisServer server, IDatabase admin, RedisMessageBus bus)
        {
            var subscription = await bus.SubscribeAsync<Note>("streamed", (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "handled" });
            await bus.PublishManyAsync(Enumerable.Range(0, typeof(ReceivedMessage<Note>).GetMethods().Length).Select(number => new Note("held", number)));
            var reading = bus.ReadAsync<Note>("streamed", new SubscribeOptions { Group = "read" }).GetAsyncEnumerator();
            var received = new List<object>();
            while (received.Count < typeof(ReceivedMessage<Note>).GetMethods().Length && await reading.MoveNextAsync())
            {
                received.Add(reading.Current);
            }

            ITopic[] topics = [bus.Topic("streamed"), bus.Topic("queued"), bus.Topic("channelled"), bus.Topic("family:{id}"), bus.Topic("family:1")];
            return new Away(server, admin, bus, new Dictionary<Type, object[]>
            {
                [typeof(IMessageBus)] = [bus],
                [typeof(IMessagePublisher)] = [bus],
                [typeof(IStreamTopic)] = [topics[0].AsStream(), topics[4].AsStream()],
                [typeof(IPubSubTopic)] = [topics[2].AsPubSub()],
                [typeof(ITopicFamily)] = [topics[3].AsFamily()],
                [typeof(ITopic)] = topics,
                [typeof(IDeadLetters)] = [topics[0].DeadLetters, topics[1].DeadLetters, topics[2].DeadLetters],
                [typeof(IScheduledMessages)] = [topics[0].Scheduled, topics[1].Scheduled],
                [typeof(IConsumerGroups)] = [topics[0].AsStream().Groups],
                [typeof(IMessageSubscription)] = [subscription],
                [typeof(ReceivedMessage<Note>)] = [.. received],
            });
        }

        public IEnumerable<Call> Calls(IEnumerable<Type> interfaces) =>
            from type in interfaces
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            where !method.IsSpecialName || method.Name.StartsWith("add_", StringComparison.Ordinal)
            from target in type == typeof(ReceivedMessage<Note>) ? [targets[type][Array.IndexOf(type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly), method)]] : targets[type]
            from topic in TopicsOf(method)
            where !IsView(method)
            select ToCall(type, method, target, topic);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        /// <summary>A topic for each transport, where one is to be named.</summary>
        private static IEnumerable<string> TopicsOf(MethodInfo method) => method.Name switch
        {
            "TryPublish" or "TryPublishTo" => ["channelled"],
            _ when (method.DeclaringType == typeof(IMessageBus) || method.DeclaringType == typeof(IMessagePublisher)) && method.Name != "Topic" => ["streamed", "queued", "channelled", "family:2"],
            _ => ["streamed"],
        };

        /// <summary>Views of a topic need no Redis, and each transport has its own.</summary>
        private static bool IsView(MethodInfo method) => method.Name is nameof(ITopic.AsStream) or nameof(ITopic.AsPubSub) or nameof(ITopic.AsFamily);

        private static Call ToCall(Type type, MethodInfo method, object target, string topic)
        {
            var message = TypeOn(target is ITopic known ? known.Name : topic);
            var closed = method.IsGenericMethodDefinition
                ? method.MakeGenericMethod([.. method.GetGenericArguments().Select(argument => argument.Name == "TReply" ? typeof(Sum) : message)])
                : method;
            var description = $"{type.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(parameter => parameter.Name))}) of {(target as ITopic)?.Name ?? topic}";
            var takesToken = method.GetParameters().Any(parameter => parameter.ParameterType == typeof(CancellationToken));
            return new Call($"{type.Name}.{method.Name}", description, takesToken, async token =>
            {
                var arguments = Array.ConvertAll(closed.GetParameters(), parameter => ArgumentOf(parameter, topic, token));
                object? result;
                try
                {
                    result = closed.Invoke(target, arguments);
                }
                catch (TargetInvocationException error)
                {
                    throw error.InnerException!;
                }

                await EndAsync(result, closed.ReturnType);
            });
        }

        private static Type TypeOn(string topic) => topic switch
        {
            "streamed" => typeof(Note),
            "queued" => typeof(Alarm),
            "channelled" => typeof(Sum),
            _ => typeof(Payment),
        };

        private static object? ArgumentOf(ParameterInfo parameter, string topic, CancellationToken token) => parameter switch
        {
            { ParameterType: var type } when type == typeof(CancellationToken) => token,
            { Name: "topic" or "name" } => topic,
            { Name: "position" or "id" or "messageId" } => "1-0",
            { Name: "positions" } => new[] { "1-0" },
            { Name: "group" or "reason" } => "handled",
            { ParameterType: var type } when type == typeof(RequestOptions) => new RequestOptions { Topic = topic, Timeout = Patience },
            { Name: "handler", ParameterType: var type } => HandlerOf(type),
            { Name: "value", ParameterType: var type } when type == typeof(EventHandler<SubscriptionGap>) => new EventHandler<SubscriptionGap>((_, _) => { }),
            { ParameterType: var type } when type == typeof(SubscribeOptions) => new SubscribeOptions { Group = "other" },
            { ParameterType: var type } when type == typeof(BatchSubscribeOptions) => new BatchSubscribeOptions { Group = "batches" },
            { ParameterType: var type } when type == typeof(Retention) => new Retention { MaxLength = 1 },
            { ParameterType: var type } when type == typeof(PublishOptions) => new PublishOptions(),
            { IsOptional: true, ParameterType.IsValueType: true } when parameter.DefaultValue is null => Activator.CreateInstance(parameter.ParameterType),
            { IsOptional: true } => parameter.DefaultValue,
            { ParameterType: var type } when type.IsByRef => null,
            { ParameterType: { IsGenericType: true } type } when type.GetGenericTypeDefinition() == typeof(IEnumerable<>) => ManyOf(type.GetGenericArguments()[0]),
            { ParameterType: var type } => ValueOf(type),
        };

        private static Array ManyOf(Type type)
        {
            var array = Array.CreateInstance(type, 1);
            array.SetValue(ValueOf(type), 0);
            return array;
        }

        private static object? ValueOf(Type type) => type switch
        {
            _ when type == typeof(Note) => new Note("away"),
            _ when type == typeof(Alarm) => new Alarm("away"),
            _ when type == typeof(Sum) => new Sum(1),
            _ when type == typeof(Payment) => new Payment(1, 1),
            _ when type == typeof(HistoryPoint) => HistoryPoint.Beginning,
            { IsGenericType: true } => Activator.CreateInstance(type, [ValueOf(type.GetGenericArguments()[0]), null]),
            { IsValueType: true } => Activator.CreateInstance(type),
            _ => null,
        };

        private static Delegate HandlerOf(Type type)
        {
            var invoke = type.GetMethod("Invoke")!;
            var parameters = invoke.GetParameters().Select(parameter => System.Linq.Expressions.Expression.Parameter(parameter.ParameterType)).ToArray();
            object result = invoke.ReturnType == typeof(Task) ? Task.CompletedTask : ValueTask.CompletedTask;
            return System.Linq.Expressions.Expression.Lambda(type, System.Linq.Expressions.Expression.Constant(result, invoke.ReturnType), parameters).Compile();
        }

        /// <summary>Waits for a result, or for the first element of a sequence.</summary>
        private static async Task EndAsync(object? result, Type type)
        {
            switch (result)
            {
                case null or bool or ITopic:
                    return;
                case Task task:
                    await task;
                    return;
                case ValueTask valueTask:
                    await valueTask;
                    return;
            }

            if (type.GetMethod("AsTask") is { } asTask)
            {
                await (Task)asTask.Invoke(result, null)!;
                return;
            }

            var sequence = type.GetInterfaces().Append(type).Single(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
            var read = typeof(Away).GetMethod(nameof(ReadFirstAsync), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(sequence.GetGenericArguments());
            await (Task)read.Invoke(null, [result])!;
        }

        private static async Task ReadFirstAsync<T>(IAsyncEnumerable<T> sequence)
        {
            await using var reading = sequence.GetAsyncEnumerator();
            await reading.MoveNextAsync();
        }
    }
}
