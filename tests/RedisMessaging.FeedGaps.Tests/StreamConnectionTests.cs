using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;
using Pipelines.Sockets.Unofficial.Pumping;
using RedisMessaging.FeedGaps.Tests.Support;

namespace RedisMessaging.FeedGaps.Tests;

public sealed class StreamConnectionTests
{
    private const int ManyBytes = 16 * 1024 * 1024;

    [Fact]
    public async Task Bytes_go_both_ways_and_are_counted()
    {
        using var pair = await SocketPair.ConnectAsync();
        await ExchangeAsync(new NetworkStream(pair.Near, true), new NetworkStream(pair.Far, true));
    }

    [Fact]
    public async Task Bytes_go_both_ways_over_tls()
    {
        using var pair = await SocketPair.ConnectAsync();
        var (near, far) = await Tls.AuthenticateAsync(pair);
        await ExchangeAsync(near, far);
    }

    [Fact]
    public async Task The_end_of_the_stream_ends_the_reader_normally()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = Duplex(new NetworkStream(pair.Near, true));

        await pair.Far.SendAsync("last words"u8.ToArray());
        pair.Far.Close();

        (await Traffic.ReadExactlyAsync(near.Input, 10)).Should().Equal("last words"u8.ToArray());
        (await near.Input.ReadAsync().Within()).IsCompleted.Should().BeTrue();
    }

    [Fact]
    public async Task A_reset_ends_the_reader_with_an_error_and_fails_the_flush()
    {
        using var pair = await SocketPair.ConnectAsync();
        using var near = Duplex(new NetworkStream(pair.Near, true));

        var reading = near.Input.ReadAsync();
        pair.ResetFar();
        await FluentActions.Awaiting(() => reading.Within()).Should().ThrowAsync<IOException>();

        var flush = async () =>
        {
            while (!(await near.Output.WriteAsync(new byte[100])).IsCompleted)
            {
                await Task.Yield();
            }
        };
        await FluentActions.Awaiting(() => flush().Within()).Should().ThrowAsync<ConnectionResetException>();
        await near.Ended.Within();
    }

    [Fact]
    public async Task Disposing_closes_the_stream_and_ends_both_loops()
    {
        using var pair = await SocketPair.ConnectAsync();
        var stream = new NetworkStream(pair.Near, true);
        using var near = Duplex(stream);

        var reading = near.Input.ReadAsync();
        near.Dispose();
        near.Dispose();

        (await reading.Within()).IsCompleted.Should().BeTrue();
        await near.Ended.Within();
        stream.CanRead.Should().BeFalse();
        await FluentActions.Awaiting(() => near.Output.WriteAsync(new byte[1]).Within())
            .Should().ThrowAsync<ConnectionResetException>();
    }

    [Fact]
    public async Task A_reader_alone_reads_to_the_end()
    {
        using var stream = new MemoryStream();
        for (var i = 0; i < 100_000; i++)
        {
            stream.WriteByte(Traffic.At(i));
        }

        stream.Position = 0;
        (await Traffic.ReadAllAsync(StreamConnection.GetReader(stream, PipeOptions.Default, "log")).Within()).Should().Be(100_000);
    }

    private static StreamDuplexPipe Duplex(Stream stream)
        => (StreamDuplexPipe)StreamConnection.GetDuplex(stream, PipeOptions.Default, PipeOptions.Default, "stream");

    private static async Task ExchangeAsync(Stream nearStream, Stream farStream)
    {
        using var near = Duplex(nearStream);
        using var far = Duplex(farStream);

        // A stream cannot be closed in one direction, so each side knows how much comes.
        await Task.WhenAll(
            Task.Run(() => Traffic.WriteAllAsync(near.Output, ManyBytes, seed: 1)),
            Task.Run(() => Traffic.WriteAllAsync(far.Output, ManyBytes, seed: 2)),
            Traffic.ReadAllAsync(near.Input, ManyBytes),
            Traffic.ReadAllAsync(far.Input, ManyBytes)).Within();

        near.Should().BeAssignableTo<IMeasuredDuplexPipe>();
        near.TotalBytesReceived.Should().Be(ManyBytes);
        await Deadline.Until(() => near.TotalBytesSent == ManyBytes, "all sent is counted");

        far.Dispose();
        (await near.Input.ReadAsync().Within()).IsCompleted.Should().BeTrue();
        await Task.WhenAll(near.Ended, far.Ended).Within();
    }
}
