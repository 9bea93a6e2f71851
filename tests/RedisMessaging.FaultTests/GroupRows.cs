using System.Collections.Concurrent;
using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>Groups of one stream, of which one fails: its retries, dead letters and redrives are its own affair.</summary>
public sealed class GroupRows(ITestOutputHelper output) : FaultTest(output)
{
    private const int Groups = 6;
    private const int Messages = 1_000;
    private const int MaxAttempts = 3;

    [Fact]
    public async Task One_failing_group_of_six_does_not_bother_the_other_five()
    {
        var run = await StartAsync(14, TransportKind.Stream, new FaultOptions { Consumers = 0 });
        var isFixed = false;
        var handled = Enumerable.Range(0, Groups).Select(_ => new ConcurrentQueue<(int Number, MessageContext Context)>()).ToArray();
        var failures = new ConcurrentQueue<int>();
        await using var bus = await RedisMessageBus.ConnectAsync(Server.ConnectionString, messaging =>
        {
            messaging.KeyPrefix = run.Prefix;
            messaging.UseJson(LoadJson.Default);
            messaging.AddStream(FaultRun.Topic, topic => topic.Carries<LoadMessage>());
            for (var group = 0; group < Groups; group++)
            {
                var own = group;
                messaging.AddHandler<LoadMessage>(
                    (message, context, _) =>
                    {
                        if (own == 0 && IsHard(message.Number) && !Volatile.Read(ref isFixed))
                        {
                            failures.Enqueue(message.Number);
                            throw new InvalidOperationException("Not yet.");
                        }

                        handled[own].Enqueue((message.Number, context));
                        return ValueTask.CompletedTask;
                    },
                    handler =>
                    {
                        handler.Group = string.Create(CultureInfo.InvariantCulture, $"group-{own}");
                        handler.Concurrency = 4;
                        (handler.Retry.MaxAttempts, handler.Retry.Delay) = (MaxAttempts, TimeSpan.FromMilliseconds(10));
                    });
            }
        });

        var letters = bus.Topic(FaultRun.Topic).DeadLetters;
        await bus.PublishManyAsync(Enumerable.Range(0, Messages).Select(number => new LoadMessage(0, number)));
        var hard = Enumerable.Range(0, Messages).Where(IsHard).ToArray();
        await Eventually.TrueAsync(async () => await letters.CountAsync() >= hard.Length, what: "what fails becomes dead letters");
        failures.GroupBy(number => number).Should().HaveCount(hard.Length).And.OnlyContain(attempts => attempts.Count() == MaxAttempts);
        (await letters.PeekAsync(1_000)).Should().HaveCount(hard.Length).And.OnlyContain(letter => letter.Group == "group-0" && letter.Reason == "max-attempts" && letter.Attempts == MaxAttempts);

        Volatile.Write(ref isFixed, true);
        (await letters.RedriveAllAsync()).Should().Be(hard.Length);
        await Eventually.TrueAsync(() => handled[0].Count >= Messages, what: "the failing group handles all in the end");
        // Behind everything that a retry or a redrive could have sent astray.
        await bus.PublishAsync(new LoadMessage(0, Messages));
        await Eventually.TrueAsync(() => handled.All(group => group.Any(message => message.Number == Messages)), what: "all six groups have caught up");

        handled.Should().AllSatisfy(group => group.Select(message => message.Number).Order().Should().Equal(Enumerable.Range(0, Messages + 1)));
        handled[0].Where(message => message.Context.RedrivenFrom is not null).Select(message => message.Number).Should().BeEquivalentTo(hard);
        handled[1..].Should().AllSatisfy(group => group.Should().OnlyContain(message => message.Context.Attempt == 1 && message.Context.RedrivenFrom == null));
        (await letters.CountAsync()).Should().Be(0);
    }

    private static bool IsHard(int number) => number % 20 == 7;
}
