using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Which messages are sent again, when, and for how long.</summary>
public sealed class ResenderTests : IDisposable
{
    private static readonly SendResult Unknown = Failed(new RedisConnectionException(ConnectionFailureType.SocketClosed, "cut"));
    private static readonly SendResult NeverSent = Failed(new RedisConnectionException(ConnectionFailureType.UnableToConnect, "away"));
    private static readonly SendResult Loading = Refused("LOADING Redis is loading the dataset in memory");

    private readonly TestTime _time = new();
    private readonly Instruments _instruments = new();

    public static TheoryData<string> Passing =>
    [
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "NOREPLICAS Not enough good replicas to write.",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    ];

    public static TheoryData<string> Lasting =>
    [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "NOPERM User worker has no permissions to run the 'lpush' command",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "WRONGPASS invalid username-password pair or user is disabled.",
        "NOAUTH Authentication required.",
        "ERR The stream has exhausted the last possible ID, unable to add more items",
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task What_redis_refuses_for_a_while_is_sent_again_without_an_id_too(string refusal)
    {
        var transport = new FakeTransport((attempt, _) => attempt < 3 ? Refused(refusal) : new SendResult(Position: "1-1"));

        var results = await SendAsync(transport, Frames("a"));

        results.Should().Equal(new SendResult(Position: "1-1"));
        transport.Attempts.Should().HaveCount(3);
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task What_redis_refuses_for_good_is_told_at_once(string refusal)
    {
        var transport = new FakeTransport((_, _) => Refused(refusal));

        var results = await SendAsync(transport, Frames("id:a"));

        results.Single().Error!.Message.Should().Be(refusal);
        results.Single().MayBeStored.Should().BeFalse();
        transport.Attempts.Should().HaveCount(1);
    }

    [Fact]
    public async Task An_unknown_outcome_is_told_at_once_unless_the_message_can_not_be_stored_twice()
    {
        var transport = new FakeTransport((attempt, frame) => attempt == 1 ? Unknown : new SendResult(Position: frame.MessageId));

        var results = await SendAsync(transport, Frames("a", "id:b", "c", "id:d"));

        transport.Attempts.Should().BeEquivalentTo(new string[][] { ["a", "id:b", "c", "id:d"], ["id:b", "id:d"] }, options => options.WithStrictOrdering());
        results.Select(result => result.MayBeStored).Should().Equal(true, false, true, false);
        results.Select(result => result.Position).Should().Equal(null, "id:b", null, "id:d");
    }

    [Fact]
    public async Task What_the_server_knows_a_repeat_of_is_sent_again_with_what_its_first_attempt_was_sent_with()
    {
        var series = new PublishSeries();
        var marks = new List<PublishMark?>();
        var transport = new FakeTransport((attempt, frame) =>
        {
            marks.Add(frame.Mark);
            return (attempt, frame.MessageId) switch
            {
                (1, "a") => Unknown with { Mark = Draw() },
                (2, "a") => Loading,
                (3, "a") => Unknown with { Mark = Draw() },
                (1, "b") => Unknown,
                _ => new SendResult(Position: $"{frame.MessageId}-{attempt}"),
            };
        });

        var results = await SendAsync(transport, Frames("a", "b"));

        transport.Attempts.Select(attempt => string.Concat(attempt)).Should().Equal("ab", "a", "a", "a");
        results.Select(result => (result.Position, result.MayBeStored)).Should().Equal(("a-4", false), (null, true));
        marks.Select(mark => mark?.Number).Should().Equal(null, null, 0, 0, 0);

        PublishMark Draw()
        {
            series.TryDraw(1, out var number);
            return new PublishTags(series, number, _time.GetTimestamp()).MarkOf(0, _time);
        }
    }

    [Fact]
    public async Task Only_what_failed_is_sent_again_in_its_order()
    {
        // Stored: a, d. Refused for good: c. Refused for a while: b, e, f; f for longer.
        var transport = new FakeTransport((attempt, frame) => frame.MessageId switch
        {
            "b" or "e" when attempt == 1 => Loading,
            "f" when attempt < 3 => Loading,
            "c" => Refused("WRONGTYPE"),
            _ => new SendResult(Position: $"{frame.MessageId}-{attempt}"),
        });

        var results = await SendAsync(transport, Frames("a", "b", "c", "d", "e", "f"));

        transport.Attempts.Select(attempt => string.Concat(attempt)).Should().Equal("abcdef", "bef", "f");
        results.Select(result => result.Position ?? result.Error!.Message).Should().Equal("a-1", "b-2", "WRONGTYPE", "d-1", "e-2", "f-3");
    }

    [Fact]
    public async Task The_first_attempt_s_own_message_is_no_duplicate_and_another_s_is_one()
    {
        var transport = new FakeTransport((attempt, frame) => (attempt, frame.MessageId) switch
        {
            (_, "id:known") => new SendResult(Duplicate: true, OwnDuplicate: true),
            (1, "id:refused") => Loading,
            (1, _) => Unknown,
            (_, "id:other") => new SendResult(Duplicate: true),
            _ => new SendResult(Duplicate: true, OwnDuplicate: true),
        });

        var results = await SendAsync(transport, Frames("id:known", "id:refused", "id:own", "id:other"));

        results.Select(result => result.Duplicate).Should().Equal([true, true, false, true], "a number is the publish's own only where an earlier attempt may have left it");
    }

    [Fact]
    public async Task Waits_grow_to_two_seconds_and_end_with_the_time()
    {
        var at = new List<TimeSpan>();
        var started = _time.GetTimestamp();
        var transport = new FakeTransport((_, _) =>
        {
            at.Add(_time.GetElapsedTime(started));
            return Loading;
        });

        var results = await SendAsync(transport, Frames("a"));

        results.Single().Error.Should().Be(Loading.Error);
        at[^1].Should().Be(TimeSpan.FromSeconds(10), "the last wait is cut short");
        var waits = at.Zip(at.Skip(1), (former, next) => next - former).ToList();
        waits[0].Should().BeGreaterThan(TimeSpan.FromMilliseconds(40)).And.BeLessThan(TimeSpan.FromMilliseconds(120));
        waits.Should().OnlyContain(wait => wait <= TimeSpan.FromSeconds(2.1));
        waits.Max().Should().BeGreaterThan(TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task What_lines_up_behind_a_message_whose_time_is_up_is_given_up_with_it()
    {
        var transport = new FakeTransport((attempt, _) =>
        {
            // Redis does not answer: the command is waited for, and fails.
            _time.Advance(attempt == 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(11));
            return NeverSent;
        });
        var line = Line(transport);
        var results = new[] { new SendResult[1], new SendResult[1], new SendResult[1] };

        var sending = Task.WhenAll(results.Select((result, i) => line.SendManyAsync("topic", Frames($"{i}"), result, mayRetry: true, CancellationToken.None).AsTask()));
        await _time.PassUntilAsync(sending);

        await sending.WaitAsync(TimeSpan.FromSeconds(5));
        results.Should().OnlyContain(result => result[0].Error == NeverSent.Error && !result[0].MayBeStored);
        transport.Attempts.Should().HaveCount(2, "an attempt at each would take as long again");
    }

    [Fact]
    public async Task A_server_that_can_not_save_is_asked_seldom()
    {
        var transport = new FakeTransport((_, _) => Refused("MISCONF"));

        await SendAsync(transport, Frames("a"));

        transport.Attempts.Should().HaveCount(6, "every two seconds for ten");
    }

    [Fact]
    public async Task Without_time_there_is_one_attempt()
    {
        var transport = new FakeTransport((_, _) => Loading);

        await SendAsync(transport, Frames("a"), longest: TimeSpan.Zero);

        transport.Attempts.Should().HaveCount(1);
    }

    [Fact]
    public async Task One_unknown_attempt_makes_the_outcome_unknown()
    {
        var transport = new FakeTransport((attempt, _) => attempt == 2 ? Unknown : NeverSent);

        var results = await SendAsync(transport, Frames("id:a", "b"));

        results.Select(result => result.MayBeStored).Should().Equal(true, true);
        transport.Attempts[^1].Should().Equal(["id:a"], "the other's outcome was unknown from the second attempt on");
    }

    [Fact]
    public async Task An_id_that_may_be_forgotten_already_is_not_relied_on()
    {
        var transport = new FakeTransport((_, _) => Unknown);

        await SendAsync(transport, Frames("id:a"), window: TimeSpan.FromSeconds(2));

        transport.Attempts.Count.Should().BeInRange(2, 6);
        _time.GetUtcNow().Should().BeBefore(new DateTimeOffset(2025, 1, 1, 0, 0, 2, TimeSpan.Zero), "half of the window is over");
    }

    [Fact]
    public async Task A_token_ends_the_wait_and_nothing_else()
    {
        using var cancellation = new CancellationTokenSource();
        var transport = new FakeTransport((_, frame) => frame.IsIdempotent ? Unknown : Loading);
        var results = new SendResult[2];
        var sending = Line(transport).SendManyAsync("topic", Frames("a", "id:b"), results, mayRetry: true, cancellation.Token);
        sending.IsCompleted.Should().BeFalse();

        await cancellation.CancelAsync();

        (await Eventually.EndsAsync(sending.AsTask())).Should().BeFalse("whoever cancels wants no more of it");
        results.Select(result => result.MayBeStored).Should().Equal(false, true);
        transport.Attempts.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_before_sends_nothing()
    {
        var transport = new FakeTransport((_, _) => default);

        var sending = async () => await Line(transport).SendManyAsync("topic", Frames("a"), new SendResult[1], mayRetry: true, new CancellationToken(canceled: true));

        await sending.Should().ThrowAsync<OperationCanceledException>();
        transport.Attempts.Should().BeEmpty();
    }

    [Fact]
    public async Task A_closed_connection_is_told_at_once()
    {
        var transport = new FakeTransport((_, _) => Failed(new ObjectDisposedException("multiplexer")));

        await SendAsync(transport, Frames("id:a"));

        transport.Attempts.Should().HaveCount(1);
    }

    public void Dispose() => _instruments.Dispose();

    private static SendResult Failed(Exception error) => new(Error: error);

    private static SendResult Refused(string message) => Failed(new RedisServerException(message));

    /// <summary>Ids that begin with <c>id:</c> are the publisher's.</summary>
    private static OutgoingFrame[] Frames(params string[] ids) =>
        Array.ConvertAll(ids, id => new OutgoingFrame(new byte[] { 1 }, id) { IsIdempotent = id.StartsWith("id:", StringComparison.Ordinal) });

    private PublishBatcher Line(FakeTransport transport, TimeSpan? longest = null, TimeSpan? window = null) => new(
        Configured.Topic(b => b.AddQueue<SendEmail>("topic", queue => queue.DeduplicationWindow = window ?? queue.DeduplicationWindow)),
        transport,
        longest ?? TimeSpan.FromSeconds(10),
        new BusServices(_time, NullLogger.Instance, _instruments));

    private async Task<SendResult[]> SendAsync(FakeTransport transport, OutgoingFrame[] frames, TimeSpan? longest = null, TimeSpan? window = null)
    {
        var results = new SendResult[frames.Length];
        var sending = Line(transport, longest, window).SendManyAsync("topic", frames, results, mayRetry: true, CancellationToken.None).AsTask();
        await _time.PassUntilAsync(sending);

        sending.IsCompleted.Should().BeTrue();
        await sending;
        return results;
    }
}
