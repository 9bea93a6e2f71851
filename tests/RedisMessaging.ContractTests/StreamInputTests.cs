using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What only a stream can hold.</summary>
public sealed class StreamInputTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    [Fact]
    public async Task Another_program_s_entries_are_kept_aside_with_all_of_their_fields()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var keys = new TopicKeys(Prefix, Topic);

        await connection.GetDatabase().StreamAddAsync(keys["stream"], [new("text", "hello"), new("bytes", new byte[] { 0xFF, 0x00 })]);
        await connection.GetDatabase().StreamAddAsync(keys["stream"], [new("m", "{\"rm\":1,\"id\":\"1\",\"type\":\"note\"}\n{\"text\":\"a\"}"), new("more", "fields")]);
        await bus.PublishAsync(new Note("after"));

        await inbox.HasAsync(new Note("after"));
        await Eventually.TrueAsync(async () => await connection.GetDatabase().StreamLengthAsync(keys.DeadLetters) == 2);
        var kept = await connection.GetDatabase().StreamRangeAsync(keys.DeadLetters);
        kept.Select(entry => (string?)entry["reason"]).Should().OnlyContain(reason => reason == DeadLetterReason.Foreign);
        ((string?)kept[0]["m"]).Should().Be("{\"text\":\"hello\",\"bytes\":\"data:;base64,/wA=\"}");
    }

    [Fact]
    public async Task A_stream_that_is_out_of_ids_refuses_messages_at_once()
    {
        var bus = await ConnectAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await connection.GetDatabase().StreamAddAsync(new TopicKeys(Prefix, Topic)["stream"], "m", "last", messageId: $"{ulong.MaxValue}-{ulong.MaxValue}");

        await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("one more"))).Should().ThrowAsync<PublishRefusedException>().WithMessage("*last possible ID*");
    }
}
