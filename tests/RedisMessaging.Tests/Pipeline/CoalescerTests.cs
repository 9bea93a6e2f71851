using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>What goes together, in which order, and what each caller is told.</summary>
public sealed class CoalescerTests : IDisposable
{
    private static readonly SendResult Loading = new(Error: new RedisServerException("LOADING Redis is loading the dataset in memory"));

    private readonly TestTime _time = new();
    private readonly Instruments _instruments = new();

    [Fact]
    public async Task A_caller_alone_sends_at_once_and_on_its_own_thread()
    {
        var transport = new FakeTransport((_, frame) => new SendResult(Position: frame.MessageId));

        var sending = Line(transport).SendAsync("topic", Frame("a"), CancellationToken.None);

        sending.IsCompletedSuccessfully.Should().BeTrue("the transport answered at once");
        (await sending).Position.Should().Be("a");
    }

    [Fact]
    public async Task Who_comes_while_others_are_on_their_way_goes_together_with_those_who_come_then()
    {
        var transport = new FakeTransport((_, frame) => new SendResult(Position: frame.MessageId)) { Holds = true };
        var line = Line(transport);
        var first = Send(line, "first");
        var others = Array.ConvertAll(Ids(2_000), id => Send(line, id));
        await Eventually.TrueAsync(() => transport.Messages > 1, what: "they do not wait for the first one's answer");

        transport.Release();
        await Task.WhenAll([first, .. others]);

        transport.Attempts[0].Should().Equal("first");
        transport.Attempts.Skip(1).SelectMany(attempt => attempt).Should().Equal(Ids(2_000));
        transport.Attempts.Should().HaveCountLessThan(1_000, "they went together");
    }

    [Fact]
    public async Task Each_caller_gets_its_own_result()
    {
        var transport = new FakeTransport((_, frame) => frame.MessageId == "3" ? new SendResult(Error: new RedisServerException("WRONGTYPE")) : new SendResult(Position: frame.MessageId)) { Holds = true };
        var line = Line(transport);
        var sending = Array.ConvertAll(Ids(50), id => Send(line, id));

        transport.Release();
        var results = await Task.WhenAll(sending);

        results.Select(result => result.Position ?? result.Error!.Message).Should().Equal(Ids(50).Select(id => id == "3" ? "WRONGTYPE" : id));
    }

    [Fact]
    public async Task A_flush_is_bounded_in_messages_and_in_bytes_and_what_is_all_or_none_goes_by_itself()
    {
        var transport = new FakeTransport((_, _) => default) { Holds = true };
        var line = Line(transport);
        var sending = new List<Task> { Send(line, "first") };
        sending.AddRange(Ids(600).Select(id => Send(line, id)));
        sending.AddRange(Ids(5).Select(_ => Send(line, "large", 400 << 10)));
        sending.AddRange(Ids(2).Select(id => line.SendAsync("topic", Frame(id) with { ExpectedVersion = 1 }, CancellationToken.None).AsTask()));

        transport.Release();
        await Task.WhenAll(sending);

        transport.Attempts.Should().OnlyContain(attempt => attempt.Length <= 256);
        transport.Attempts.Where(attempt => attempt.Contains("large")).Should().OnlyContain(attempt => attempt.Count(id => id == "large") <= 2);
        transport.Attempts[^1].Should().HaveCount(1);
        transport.Attempts[^2].Should().HaveCount(1);
        transport.Attempts.Sum(attempt => attempt.Length).Should().Be(608);
    }

    [Fact]
    public async Task Nothing_overtakes_what_is_sent_again_on_the_same_address_and_other_addresses_do_not_wait()
    {
        var isLoading = true;
        var transport = new FakeTransport((_, frame) => isLoading && frame.MessageId.StartsWith('a') ? Loading : new SendResult(Position: frame.MessageId));
        var line = Line(transport);

        var first = line.SendAsync("a", Frame("a1"), CancellationToken.None).AsTask();
        var second = line.SendAsync("a", Frame("a2"), CancellationToken.None).AsTask();
        var other = line.SendAsync("b", Frame("b1"), CancellationToken.None).AsTask();
        (await Eventually.EndsAsync(other)).Position.Should().Be("b1");
        second.IsCompleted.Should().BeFalse();
        isLoading = false;
        await PassTimeAsync(Task.WhenAll(first, second));

        transport.Attempts.Select(attempt => string.Join('+', attempt)).Should().Equal("a1", "b1", "a1+a2");
    }

    [Fact]
    public async Task Who_waits_behind_what_is_sent_again_can_leave_and_is_not_sent()
    {
        using var cancellation = new CancellationTokenSource();
        var isLoading = true;
        var transport = new FakeTransport((_, _) => isLoading ? Loading : default);
        var line = Line(transport);
        var first = Send(line, "first");
        var second = line.SendAsync("topic", Frame("second"), cancellation.Token).AsTask();
        var third = Send(line, "third");

        await cancellation.CancelAsync();
        var leaving = async () => await second;
        await leaving.Should().ThrowAsync<OperationCanceledException>();
        isLoading = false;
        await PassTimeAsync(Task.WhenAll(first, third));

        transport.Attempts.SelectMany(attempt => attempt).Should().Equal("first", "first", "third");
    }

    [Fact]
    public async Task What_waits_for_its_first_attempt_behind_others_has_no_more_time_than_they()
    {
        var transport = new FakeTransport((_, _) => Loading);
        var line = Line(transport);
        var started = _time.GetTimestamp();

        var both = Task.WhenAll(Send(line, "first"), Send(line, "second"));
        await PassTimeAsync(both);

        (await both).Should().OnlyContain(result => result.Error == Loading.Error);
        _time.GetElapsedTime(started).Should().BeCloseTo(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    public void Bytes_are_used_again_when_they_were_answered_at_the_first_attempt(bool answered, bool sentAgain, bool usedAgain)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(77_777);
        var entry = new PendingPublish();
        entry.Begin("topic", new OutgoingFrame(bytes, "one") { IsRented = true }, CancellationToken.None);
        entry.Results.Span[0] = answered ? default : Loading;
        entry.WasSentAgain = sentAgain;

        entry.Recycle();

        // What a thread gives back it gets first.
        ReferenceEquals(ArrayPool<byte>.Shared.Rent(77_777), bytes).Should().Be(usedAgain, "an attempt without an answer may still lie with the connection");
    }

    public void Dispose() => _instruments.Dispose();

    private static string[] Ids(int count) => [.. Enumerable.Range(1, count).Select(i => $"{i}")];

    private static OutgoingFrame Frame(string id, int bytes = 1) => new(new byte[bytes], id);

    private static Task<SendResult> Send(PublishBatcher line, string id, int bytes = 1) => Send(line, Frame(id, bytes));

    private static Task<SendResult> Send(PublishBatcher line, in OutgoingFrame frame) => line.SendAsync("topic", frame, CancellationToken.None).AsTask();

    private PublishBatcher Line(FakeTransport transport) => new(
        Configured.Topic(b => b.AddQueue<SendEmail>("topic")), transport, TimeSpan.FromSeconds(10), new BusServices(_time, NullLogger.Instance, _instruments));

    private async Task PassTimeAsync(Task until)
    {
        await _time.PassUntilAsync(until);
        await Eventually.EndsAsync(until);
    }
}
