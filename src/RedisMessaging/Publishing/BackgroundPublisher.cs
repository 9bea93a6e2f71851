using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing;

/// <summary>
/// Sends what <see cref="IMessagePublisher.TryPublish{T}"/> takes: a bounded buffer and one sender that sends what has gathered.
/// </summary>
internal sealed class BackgroundPublisher
{
    private const int SendAtOnce = 256;
    private const int MostBytesAtOnce = 1 << 20;
    private const long MostBytesBuffered = 64L << 20;

    private readonly Channel<Outgoing> _buffer;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly Task _sending;
    private volatile bool _givesUp;
    private long _buffered;

    public BackgroundPublisher(int capacity, BusServices services)
    {
        _buffer = Channel.CreateBounded<Outgoing>(
            new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        (_time, _logger, _instruments) = services;
        _sending = BackgroundLoop.StartLasting(
            nameof(BackgroundPublisher),
            _logger,
            SendAsync,
            () => _buffer.Reader.Completion.IsCompleted);
    }

    /// <param name="encode">Runs filters and writes the envelope, on the sender's thread.</param>
    public bool TryAdd(TopicRuntime topic, string address, Func<ValueTask<OutgoingFrame>> encode) =>
        TryAdd(new Outgoing(topic, address, default, encode));

    public bool TryAdd(TopicRuntime topic, string address, in OutgoingFrame frame) => TryAdd(new Outgoing(topic, address, frame, null));

    /// <summary>Takes no more, and sends what it has; what that takes too long for is lost, counted and logged.</summary>
    /// <param name="longest">For how long to go on sending.</param>
    public async Task StopAsync(TimeSpan longest)
    {
        _buffer.Writer.TryComplete();
        try
        {
            await _sending.WaitAsync(longest, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _givesUp = true;
        }
    }

    private void DropAll()
    {
        var lost = 0;
        while (_buffer.Reader.TryRead(out var outgoing))
        {
            _instruments.PublishFailed.Add(1, Instruments.Topic(outgoing.Topic.Name));
            lost++;
        }

        if (lost > 0)
        {
            Log.BufferedPublishesLost(_logger, lost);
        }
    }

    private bool TryAdd(in Outgoing outgoing)
    {
        var bytes = outgoing.Frame.Bytes.Length;
        var before = Interlocked.Add(ref _buffered, bytes) - bytes;
        // One message always has a place, however large.
        if ((before <= 0 || before + bytes <= MostBytesBuffered) && _buffer.Writer.TryWrite(outgoing))
        {
            return true;
        }

        Interlocked.Add(ref _buffered, -bytes);

        _instruments.Dropped.Add(1, Instruments.Consumer(outgoing.Topic.Name, "publisher", "publish-buffer-full"));
        return false;
    }

    private static bool GoesWith(in Outgoing? before, in Outgoing next, long bytes) => before is not { } same
        || (same.Topic == next.Topic && same.Address == next.Address && bytes + next.Frame.Bytes.Length <= MostBytesAtOnce);

    private async Task SendAsync()
    {
        var frames = new List<OutgoingFrame>(SendAtOnce);
        var results = new SendResult[SendAtOnce];
        while (await _buffer.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (_givesUp)
            {
                DropAll();
                continue;
            }

            // Neighbours with the same address go out together; the order stays.
            Outgoing? current = null;
            var bytes = 0L;
            while (frames.Count < SendAtOnce && _buffer.Reader.TryPeek(out var next) && GoesWith(current, next, bytes))
            {
                _buffer.Reader.TryRead(out _);
                Interlocked.Add(ref _buffered, -next.Frame.Bytes.Length);
                current = next;
                try
                {
                    var frame = next.Encode is { } encode ? await encode().ConfigureAwait(false) : next.Frame;
                    bytes += frame.Bytes.Length;
                    frames.Add(frame);
                }
                catch (Exception error)
                {
                    Fail(next.Topic, 1, error);
                }
            }

            if (current is { } batch && frames.Count > 0)
            {
                await SendAsync(batch, frames.ToArray(), results.AsMemory(0, frames.Count)).ConfigureAwait(false);
                frames.Clear();
            }
        }
    }

    private async Task SendAsync(Outgoing batch, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results)
    {
        try
        {
            await batch.Topic.Transport.SendAsync(batch.Address, frames, results, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            results.Span.Fill(new SendResult(Error: error));
        }

        var failed = 0;
        Exception? first = null;
        foreach (var result in results.Span)
        {
            failed += result.Error is null ? 0 : 1;
            first ??= result.Error;
        }

        _instruments.Published.Add(frames.Length - failed, Instruments.Topic(batch.Topic.Name));
        if (first is not null)
        {
            Fail(batch.Topic, failed, first);
        }
    }

    private void Fail(TopicRuntime topic, int count, Exception error)
    {
        _instruments.PublishFailed.Add(count, Instruments.Topic(topic.Name));
        Log.BackgroundPublishFailed(_logger, topic.Name, error);
    }

    private readonly record struct Outgoing(
        TopicRuntime Topic,
        string Address,
        OutgoingFrame Frame,
        Func<ValueTask<OutgoingFrame>>? Encode);
}
