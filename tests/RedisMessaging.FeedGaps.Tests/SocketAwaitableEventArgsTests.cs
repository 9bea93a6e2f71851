using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;
using RedisMessaging.FeedGaps.Tests.Support;

namespace RedisMessaging.FeedGaps.Tests;

public sealed class SocketAwaitableEventArgsTests
{
    [Fact]
    public async Task It_connects_and_is_ready_for_the_next_operation()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var args = new SocketAwaitableEventArgs { RemoteEndPoint = listener.LocalEndPoint };

        await RunAsync(args, socket.ConnectAsync).Within();
        socket.Connected.Should().BeTrue();
        using var accepted = await listener.AcceptAsync().Within();

        args.SetBuffer(new byte[100]);
        var receiving = RunAsync(args, socket.ReceiveAsync);
        receiving.IsCompleted.Should().BeFalse();
        args.IsCompleted.Should().BeFalse();
        await accepted.SendAsync(new byte[12]);
        (await receiving.Within()).Should().Be(12);
    }

    [Fact]
    public async Task A_failure_is_thrown()
    {
        // Bound and not listening, so that nothing else can answer there.
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var args = new SocketAwaitableEventArgs { RemoteEndPoint = deaf.LocalEndPoint };

        var failure = await FluentActions.Awaiting(() => RunAsync(args, socket.ConnectAsync).Within())
            .Should().ThrowAsync<SocketException>();
        failure.Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task An_abort_ends_the_wait_and_what_the_socket_says_later_changes_nothing()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var args = new SocketAwaitableEventArgs();
        args.SetBuffer(new byte[10]);
        var receiving = RunAsync(args, pair.Near.ReceiveAsync);

        args.Abort(SocketError.TimedOut);
        var failure = await FluentActions.Awaiting(() => receiving.Within()).Should().ThrowAsync<SocketException>();
        failure.Which.SocketErrorCode.Should().Be(SocketError.TimedOut);

        await pair.Far.SendAsync(new byte[3]);
        await Deadline.Until(() => args.BytesTransferred == 3, "the operation underneath ends");
        args.Complete();
        args.Abort();
        var read = () => ResultOf(args);
        read.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.TimedOut);
    }

    [Fact]
    public void Without_an_argument_an_abort_means_aborted()
    {
        using var args = new SocketAwaitableEventArgs();
        args.Abort();
        var read = () => ResultOf(args);
        read.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.OperationAborted);
    }

    [Fact]
    public void An_abort_after_the_end_changes_nothing()
    {
        using var args = new SocketAwaitableEventArgs();
        args.Complete();
        args.Abort(SocketError.TimedOut);
        args.IsCompleted.Should().BeTrue();
        ResultOf(args).Should().Be(0);
    }

    [Fact]
    public void The_result_cannot_be_had_before_the_end()
    {
        using var args = new SocketAwaitableEventArgs();
        var read = () => ResultOf(args);
        read.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task The_continuation_runs_on_the_scheduler()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("awaitable", 1, 1, ThreadPriority.Normal);
        using var args = new SocketAwaitableEventArgs(scheduler);
        var resumedOn = new TaskCompletionSource<string?>();
        args.GetAwaiter().OnCompleted(() => resumedOn.TrySetResult(Thread.CurrentThread.Name));

        args.Complete();

        (await resumedOn.Task.Within()).Should().Be("awaitable:0");
    }

    [Fact]
    public void Of_completing_and_aborting_one_wins_once()
    {
        const int Rounds = 20_000;
        var completed = 0;
        var aborted = 0;
        SocketAwaitableEventArgs args = null!;
        using var together = new Barrier(3);
        var ends = new Action[] { () => args.Complete(), () => args.Abort(SocketError.TimedOut) };
        var racers = ends.Select(end => new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                together.SignalAndWait();
                end();
                together.SignalAndWait();
            }
        })).ToList();
        racers.ForEach(racer => racer.Start());

        for (var round = 0; round < Rounds; round++)
        {
            var runs = 0;
            args = new SocketAwaitableEventArgs(PipeScheduler.Inline);
            together.SignalAndWait();
            args.OnCompleted(() => Interlocked.Increment(ref runs));
            together.SignalAndWait();

            runs.Should().Be(1);
            try
            {
                ResultOf(args);
                completed++;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.TimedOut)
            {
                aborted++;
            }

            args.Dispose();
        }

        racers.ForEach(racer => racer.Join(Deadline.Limit).Should().BeTrue());
        (completed + aborted).Should().Be(Rounds);
    }

    private static int ResultOf(SocketAwaitableEventArgs args) => args.GetResult();

    // The way a caller runs an operation: a synchronous end is the caller's to tell.
    private static async Task<int> RunAsync(SocketAwaitableEventArgs args, Func<SocketAsyncEventArgs, bool> operation)
    {
        if (!operation(args))
        {
            args.Complete();
        }

        return await args;
    }
}
