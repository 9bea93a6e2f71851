using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;
using RedisMessaging.FeedGaps.Tests.Support;

namespace RedisMessaging.FeedGaps.Tests;

public sealed class SocketShutdownTests
{
    [Fact]
    public async Task The_peer_closing_ends_the_reader_normally()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        var reading = near.Input.ReadAsync();
        pair.Far.Shutdown(SocketShutdown.Both);
        pair.Far.Close();

        (await reading.Within()).IsCompleted.Should().BeTrue();
        near.ShutdownKind.Should().Be(PipeShutdownKind.ReadEndOfStream);
        near.SocketError.Should().Be(SocketError.Success);
    }

    [Fact]
    public async Task What_arrived_before_the_end_is_still_read()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        await pair.Far.SendAsync("last words"u8.ToArray());
        pair.Far.Close();

        (await Traffic.ReadExactlyAsync(near.Input, 10)).Should().Equal("last words"u8.ToArray());
        (await near.Input.ReadAsync().Within()).IsCompleted.Should().BeTrue();
        near.ShutdownKind.Should().Be(PipeShutdownKind.ReadEndOfStream);
    }

    [Fact]
    public async Task A_reset_ends_the_reader_with_an_error_and_the_first_kind_stays()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        var reading = near.Input.ReadAsync();
        pair.ResetFar();

        await FluentActions.Awaiting(() => reading.Within()).Should().ThrowAsync<ConnectionResetException>();
        near.ShutdownKind.Should().Be(PipeShutdownKind.ReadSocketError);
        near.SocketError.Should().Be(SocketError.ConnectionReset);

        near.TrySetProtocolShutdown(PipeShutdownKind.ProtocolExitServer).Should().BeFalse();
        near.Dispose();
        await near.Ended.Within();
        near.ShutdownKind.Should().Be(PipeShutdownKind.ReadSocketError);
        near.SocketError.Should().Be(SocketError.ConnectionReset);
    }

    [Fact]
    public async Task Only_the_protocol_kinds_can_be_set_and_only_first()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        near.TrySetProtocolShutdown(PipeShutdownKind.ReadEndOfStream).Should().BeFalse();
        near.TrySetProtocolShutdown(PipeShutdownKind.None).Should().BeFalse();
        near.ShutdownKind.Should().Be(PipeShutdownKind.None);
        near.TrySetProtocolShutdown(PipeShutdownKind.ProtocolExitClient).Should().BeTrue();
        near.TrySetProtocolShutdown(PipeShutdownKind.ProtocolExitServer).Should().BeFalse();
        near.ShutdownKind.Should().Be(PipeShutdownKind.ProtocolExitClient);

        pair.Far.Close();
        (await near.Input.ReadAsync().Within()).IsCompleted.Should().BeTrue();
        near.ShutdownKind.Should().Be(PipeShutdownKind.ProtocolExitClient);
    }

    [Fact]
    public async Task A_flush_after_sending_failed_tells_that_the_connection_is_gone()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);
        pair.ResetFar();

        await FlushUntilItFailsAsync(near.Output);
        await FluentActions.Awaiting(() => near.Output.WriteAsync(new byte[10]).Within())
            .Should().ThrowAsync<ConnectionResetException>("it stays gone");

        // A socket tells of a reset once. When sending was told, receiving may see no more than the end.
        near.ShutdownKind.Should().BeOneOf(
            PipeShutdownKind.ReadSocketError, PipeShutdownKind.WriteSocketError, PipeShutdownKind.ReadEndOfStream);
        await near.Ended.Within();
    }

    [Fact]
    public async Task A_flush_that_is_held_back_learns_that_the_connection_is_gone()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        // Nobody reads at the far end, so the socket fills and the flush waits.
        var flushing = near.Output.WriteAsync(new byte[64 * 1024 * 1024]).AsTask();
        await Deadline.Until(() => near.GetCounters().BytesWaitingToBeSent > 0, "the send loop waits for the socket");
        flushing.IsCompleted.Should().BeFalse();
        pair.ResetFar();

        await FluentActions.Awaiting(() => flushing.Within()).Should().ThrowAsync<ConnectionResetException>();
    }

    [Fact]
    public async Task Disposing_fails_the_next_flush_and_ends_a_waiting_read_normally()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        var reading = near.Input.ReadAsync();
        near.Dispose();

        (await reading.Within()).IsCompleted.Should().BeTrue();
        await near.Ended.Within();
        near.ShutdownKind.Should().Be(PipeShutdownKind.PipeDisposed);
        await FluentActions.Awaiting(() => near.Output.WriteAsync(new byte[1]).Within())
            .Should().ThrowAsync<ConnectionResetException>();
    }

    [Fact]
    public async Task The_socket_closed_under_it_ends_both_loops()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        var reading = near.Input.ReadAsync();
        pair.Near.Dispose();

        (await reading.Within()).IsCompleted.Should().BeTrue();
        near.ShutdownKind.Should().BeOneOf(PipeShutdownKind.ReadDisposed, PipeShutdownKind.ReadEndOfStream);
        await FlushUntilItFailsAsync(near.Output);
        await near.Ended.Within();
    }

    [Fact]
    public async Task Completing_both_ends_closes_the_socket_once_the_peer_has_closed()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        await near.Output.CompleteAsync();
        await near.Input.CompleteAsync();
        (await pair.Far.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        pair.Far.Close();

        await near.Ended.Within();
        IsClosed(pair.Near).Should().BeTrue();
    }

    [Fact]
    public async Task Bytes_for_a_completed_reader_end_the_receive_loop()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);

        await near.Input.CompleteAsync();
        await pair.Far.SendAsync(new byte[1]);

        await Deadline.Until(() => near.ShutdownKind == PipeShutdownKind.ReadFlushCompleted, "the receive loop ended");
    }

    [Fact]
    public async Task Counters_never_throw()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = SocketConnection.Create(pair.Near, null, null);
        await pair.Far.SendAsync(new byte[7]);
        await Deadline.Until(() => near.GetCounters().BytesWaitingToBeRead == 7, "seven bytes wait");

        near.Dispose();
        near.GetCounters().BytesAvailableOnSocket.Should().Be(0);
        await near.Ended.Within();
        var counters = near.GetCounters();
        counters.BytesAvailableOnSocket.Should().Be(0);
        counters.BytesWaitingToBeSent.Should().Be(0);
        counters.BytesWaitingToBeRead.Should().Be(7, "the reader may still take them");

        await near.Input.CompleteAsync();
        near.GetCounters().BytesWaitingToBeRead.Should().BeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task Shutting_down_from_any_thread_twice_while_the_loops_run_ends_all()
    {
        for (var round = 0; round < 60; round++)
        {
            await ShutDownWhileBusyAsync(round);
        }
    }

    private static async Task ShutDownWhileBusyAsync(int round)
    {
        using var pair = await SocketPair.ConnectAsync();
        var narrow = new PipeOptions(pauseWriterThreshold: 20_000, resumeWriterThreshold: 10_000);
        using var near = SocketConnection.Create(pair.Near, narrow, narrow);
        using var far = SocketConnection.Create(pair.Far, narrow, narrow);

        // An echo at the far end, and a flood from the near end, of which some rounds read nothing back.
        var echo = far.Input.CopyToAsync(far.Output);
        var flood = FlushUntilItEndsAsync(near.Output);
        var drain = round % 3 == 0 ? Task.CompletedTask : ReadUntilItEndsAsync(near.Input);
        await Deadline.Until(() => near.BytesSent > 20_000, "the loops are busy");

        using var together = new Barrier(3);
        var shutdowns = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                near.Input.CancelPendingRead();
                near.Output.CancelPendingFlush();
                near.Dispose();
                near.Dispose();
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(shutdowns).Within();

        await near.Ended.Within();
        IsClosed(pair.Near).Should().BeTrue();
        near.ShutdownKind.Should().Be(PipeShutdownKind.PipeDisposed);
        await flood.Within();
        await drain.Within();
        await near.Input.CompleteAsync();
        await near.Output.CompleteAsync();
        near.Dispose();

        far.Dispose();
        await far.Ended.Within();
        await FluentActions.Awaiting(() => echo.Within()).Should().NotThrowAsync<TimeoutException>();
    }

    private static async Task FlushUntilItFailsAsync(PipeWriter output)
    {
        // A flush that merely says "completed" has told nobody what happened.
        var piece = new byte[1000];
        var flush = async () =>
        {
            while (!(await output.WriteAsync(piece)).IsCompleted)
            {
                await Task.Yield();
            }
        };
        await FluentActions.Awaiting(() => flush().Within()).Should().ThrowAsync<ConnectionResetException>();
    }

    private static async Task FlushUntilItEndsAsync(PipeWriter output)
    {
        var piece = new byte[5000];
        try
        {
            while (!(await output.WriteAsync(piece)).IsCompleted)
            {
            }
        }
        catch (ConnectionResetException)
        {
            // The end that a flood is meant to find.
        }
    }

    private static async Task ReadUntilItEndsAsync(PipeReader input)
    {
        while (true)
        {
            var result = await input.ReadAsync();
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static bool IsClosed(Socket socket) => socket.SafeHandle.IsClosed;
}
