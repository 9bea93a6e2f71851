using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;
using RedisMessaging.FeedGaps.Tests.Support;

namespace RedisMessaging.FeedGaps.Tests;

public sealed class SocketRoundTripTests
{
    private const int ManyBytes = 32 * 1024 * 1024;

    [Fact]
    public async Task A_small_message_goes_there_and_back()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, PipeOptions.Default, PipeOptions.Default);
        using var far = SocketConnection.Create(pair.Far, PipeOptions.Default, PipeOptions.Default, name: "far");

        await near.Output.WriteAsync("ping"u8.ToArray()).Within();
        (await Traffic.ReadExactlyAsync(far.Input, 4)).Should().Equal("ping"u8.ToArray());
        await far.Output.WriteAsync("pong!"u8.ToArray()).Within();
        (await Traffic.ReadExactlyAsync(near.Input, 5)).Should().Equal("pong!"u8.ToArray());

        // What is sent is counted once the socket has it, and that may be after it has arrived.
        IMeasuredDuplexPipe measured = far;
        await Deadline.Until(() => near.BytesSent == 4 && measured.TotalBytesSent == 5, "what was sent is counted");
        near.BytesRead.Should().Be(5);
        near.LastReceived.Should().Be(5);
        measured.TotalBytesReceived.Should().Be(4);
        near.ShutdownKind.Should().Be(PipeShutdownKind.None);
        far.ToString().Should().Be("far");
    }

    [Theory]
    [InlineData(SocketConnectionOptions.None)]
    [InlineData(SocketConnectionOptions.ZeroLengthReads)]
    public async Task Many_bytes_go_both_ways_at_once(SocketConnectionOptions options)
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("round trip", 2, 10, ThreadPriority.Normal);
        await ExchangeAsync(options, new PipeOptions(readerScheduler: scheduler, writerScheduler: scheduler));
    }

    [Fact]
    public async Task Many_bytes_go_both_ways_through_narrow_pipes()
        => await ExchangeAsync(
            SocketConnectionOptions.None,
            new PipeOptions(pauseWriterThreshold: 6000, resumeWriterThreshold: 2000, minimumSegmentSize: 128));

    [Fact]
    public async Task Many_bytes_go_both_ways_in_memory_that_is_no_array()
    {
        using var pool = new OpaqueMemoryPool();
        await ExchangeAsync(SocketConnectionOptions.None, new PipeOptions(pool));
    }

    [Fact]
    public async Task Completing_the_output_sends_what_is_left_and_then_the_end()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);
        using var far = new NetworkStream(pair.Far);
        using var received = new MemoryStream();

        var message = new byte[3_000_000];
        await near.Output.WriteAsync(message).Within();
        await near.Output.CompleteAsync();
        await far.CopyToAsync(received).Within();

        received.Length.Should().Be(message.Length);
        near.ShutdownKind.Should().Be(PipeShutdownKind.OutputWriterCompleted);
    }

    [Fact]
    public async Task A_reader_that_stops_reading_holds_the_sender_back()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, new PipeOptions(pauseWriterThreshold: 100_000, resumeWriterThreshold: 50_000), null);
        using var far = SocketConnection.Create(pair.Far, null, new PipeOptions(pauseWriterThreshold: 100_000, resumeWriterThreshold: 50_000));

        var writing = Traffic.WriteAllAsync(near.Output, ManyBytes, seed: 1);
        await Deadline.Until(() => near.GetCounters().BytesWaitingToBeSent >= 100_000, "the sender is held back");
        await Deadline.Until(() => far.GetCounters().BytesWaitingToBeRead >= 100_000, "the receiver is held back");
        await Deadline.Until(() => far.GetCounters().BytesAvailableOnSocket > 0, "the rest waits on the socket");
        writing.IsCompleted.Should().BeFalse();
        far.GetCounters().BytesWaitingToBeRead.Should().BeLessThan(300_000);

        (await Traffic.ReadAllAsync(far.Input).Within()).Should().Be(ManyBytes);
        await writing.Within();
        await Deadline.Until(() => near.GetCounters().BytesWaitingToBeSent == 0, "nothing waits to be sent");
        far.GetCounters().BytesWaitingToBeRead.Should().Be(0);
    }

    [Fact]
    public async Task Client_options_turn_the_delay_off_and_leave_unix_sockets_alone()
    {
        using var pair = await SocketPair.ConnectAsync();
        pair.Near.NoDelay = false;
        SocketConnection.SetRecommendedClientOptions(pair.Near);
        pair.Near.NoDelay.Should().BeTrue();

        using var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        SocketConnection.SetRecommendedClientOptions(unix);
        SocketConnection.AssertDependencies();
    }

    private static async Task ExchangeAsync(SocketConnectionOptions options, PipeOptions pipes)
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, pipes, pipes, options);
        using var far = SocketConnection.Create(pair.Far, pipes, pipes, options);

        var nearReads = Traffic.ReadAllAsync(near.Input);
        var farReads = Traffic.ReadAllAsync(far.Input);
        await Task.WhenAll(
            Task.Run(() => Traffic.WriteAllAsync(near.Output, ManyBytes, seed: 1)),
            Task.Run(() => Traffic.WriteAllAsync(far.Output, ManyBytes, seed: 2))).Within();

        (await nearReads.Within()).Should().Be(ManyBytes);
        (await farReads.Within()).Should().Be(ManyBytes);
        await Task.WhenAll(near.Ended, far.Ended).Within();
        near.BytesSent.Should().Be(ManyBytes);
        near.BytesRead.Should().Be(ManyBytes);
    }
}
