using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Topics;

namespace RedisMessaging.ContractTests;

/// <summary>How many messages a consumer holds where that is left open.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.CompetingConsumers))]
    public async Task Handlers_leave_messages_to_a_consumer_that_starts_later()
    {
        const int messages = 400;
        var (first, second) = (new Inbox(), new Inbox());
        var work = TimeSpan.FromMilliseconds(10);
        await (await ConnectAsync()).PublishManyAsync(Notes(messages));
        await using var early = await (await ConnectAsync()).SubscribeAsync<Note>(Topic, SlowlyAsync(first));
        await first.HasAsync(1);

        await using var late = await (await ConnectAsync()).SubscribeAsync<Note>(Topic, SlowlyAsync(second));

        await Eventually.TrueAsync(() => first.Count + second.Count == messages, what: "all are handled");
        second.Count.Should().BeGreaterThan(messages / 4, "the first one holds what it handles in a tenth of a second, or 100");

        MessageHandler<Note> SlowlyAsync(Inbox inbox) => async (note, context, token) =>
        {
            await Task.Delay(work, token);
            await inbox.HandleAsync(note, context, token);
        };
    }
}
