using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>
/// Follows the topic's stream without a group: where it stands is all there is to know, so whatever goes wrong is read again from there. After a read that brought nothing, and after a
/// fault, it looks whether the stream still reaches that place: an XREAD from beyond a stream's end never returns, whatever comes.
/// </summary>
internal sealed class StreamTail(TransportContext context, StreamKeys keys, BlockingConnection connection, string start) : IHistoryTail
{
    public static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);

    private const int PageSize = 100;

    private readonly RedisValue _stream = keys.Stream.ToString();
    private readonly EntryFormat _format = EntryFormat.Of(context.Options);
    private readonly AdaptiveBlockTimeout _block = new(LongestBlock);
    private readonly Backoff _backoff = new(context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly ReadSize _size = new(context.Time);
    private string _last = start;
    private bool _mayBeBeyond;

    public async ValueTask<IReadOnlyList<HistoryFrame>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (_mayBeBeyond)
                {
                    await LookForEndAsync().ConfigureAwait(false);
                }

                var block = _block.Next();
                var reply = await connection.BlockAsync(
                    keys.Stream,
                    block,
                    "XREAD",
                    ["COUNT", _size.CountFor(PageSize), "BLOCK", (long)block.TotalMilliseconds, "STREAMS", keys.Stream, _last],
                    cancellationToken).ConfigureAwait(false);
                _backoff.Reset();
                var frames = StreamHistory.ReadEntries(XReadReply.EntriesOf(reply, _stream), _format);
                if (frames.Length > 0)
                {
                    _block.Shorten();
                    _size.Note(frames.Length, frames.Sum(frame => (long)frame.Frame.Length));
                    _last = frames[^1].Position;
                    return frames;
                }

                _mayBeBeyond = true;
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error) && RedisErrors.IsTransient(error))
            {
                _mayBeBeyond = true;
                _size.NoteFault();
                Log.StreamTailFault(context.Logger, context.Topic, RedisErrors.Classify(error), error);
                await _backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async ValueTask LookForEndAsync()
    {
        var end = await connection.RunAsync("XINFO", database => StreamEnd.AskAsync(database, keys.Stream)).ConfigureAwait(false);
        _mayBeBeyond = false;
        if (end?.IsPassedBy(_last) == true)
        {
            Log.TailBeginsAgain(context.Logger, context.Topic, _last);
            _last = StreamEnd.Beginning;
        }
    }
}
