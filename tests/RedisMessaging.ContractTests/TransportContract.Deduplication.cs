using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>One id, one message.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.Deduplication))]
    public async Task A_message_id_that_is_published_twice_is_stored_once()
    {
        var bus = await ConnectAsync();
        var handled = new ConcurrentQueue<string>();
        await bus.SubscribeAsync<Note>(Topic, (note, _, _) =>
        {
            handled.Enqueue(note.Text);
            return ValueTask.CompletedTask;
        });
        var options = new PublishOptions { MessageId = "invoice-7" };

        var first = await bus.PublishAsync(new Note("first"), options);
        var second = await bus.PublishAsync(new Note("second"), options);
        await bus.PublishAsync(new Note("last"));

        first.Duplicate.Should().BeFalse();
        second.Should().Be(new PublishResult("invoice-7", Duplicate: true));
        await Eventually.TrueAsync(() => handled.Contains("last"));
        handled.Should().Equal("first", "last");
    }
}
