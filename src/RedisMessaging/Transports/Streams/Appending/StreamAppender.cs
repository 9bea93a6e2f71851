using System.Runtime.CompilerServices;
using System.Text;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Appending;

/// <summary>Appends frames to a topic's stream: with a command each or with one script, whichever suits.</summary>
internal sealed class StreamAppender(TransportContext context, StreamKeys keys)
{
    /// <summary>In front of what Redis said, where nothing was appended.</summary>
    private const byte Refused = (byte)'!';

    private const string Idempotent = "IDMP";
    private const string NextId = "*";

    private readonly object _stream = keys.Stream;
    private readonly EntryFormat _format = EntryFormat.Of(context.Options);
    private readonly BatchScript _appendScript = new(StreamScripts.Append, StreamCalls.AppendKeys(keys.Stream), ReadPositions);
    private SendScript? _sendScript;

    public StreamProducer Producer { get; } = new(context, keys);

    public async ValueTask AppendAsync(IDatabase database, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, PublishTags tags)
    {
        if (SendScript.IsNeededFor(frames.Span))
        {
            await Script().RunAsync(database, frames, results, tags).ConfigureAwait(false);
            return;
        }

        var known = tags.Any ? new BatchArgument(tags.Series!.Stem, tags.First) : new BatchArgument(RedisValue.EmptyString);
        if (!_format.HasOneField || !_appendScript.Suits(database, known, frames.Span) || !await _appendScript.TryRunAsync(database, known, frames, results).ConfigureAwait(false))
        {
            await AppendEachAsync(database, frames, results, tags).ConfigureAwait(false);
        }
    }

    /// <param name="index">Of the frame in what the tags were drawn for.</param>
    public ValueTask<RedisValue> AddAsync(IDatabase database, ReadOnlyMemory<byte> frame, in PublishTags tags, int index) => tags.Any
        ? AddOnceAsync(database, frame, tags.ProducerOf(index), tags.NumberOf(index))
        : new(database.StreamAddAsync(keys.Stream, _format.FieldsOf(frame), messageId: null, maxLength: default(long?), useApproximateMaxLength: false, limit: null, trimMode: StreamTrimMode.KeepReferences));

    private static void ReadPositions(ReadOnlySpan<byte> positions, Span<SendResult> results)
    {
        if (positions is [Refused, .. var why])
        {
            results.Fill(new SendResult(Error: new RedisServerException(Encoding.UTF8.GetString(why))));
            return;
        }

        foreach (ref var result in results)
        {
            var end = positions.IndexOf((byte)' ');
            result = new SendResult(Position: Encoding.ASCII.GetString(end < 0 ? positions : positions[..end]));
            positions = positions[(end + 1)..];
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RedisValue> AddOnceAsync(IDatabase database, ReadOnlyMemory<byte> frame, string producer, long number)
    {
        object[] arguments;
        if (_format.HasOneField)
        {
            arguments = [_stream, Idempotent, producer, number, NextId, EntryFormat.FrameName, frame];
        }
        else
        {
            var fields = _format.FieldsOf(frame);
            arguments = new object[5 + (2 * fields.Length)];
            (arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]) = (_stream, Idempotent, producer, number, NextId);
            for (var i = 0; i < fields.Length; i++)
            {
                (arguments[5 + (2 * i)], arguments[6 + (2 * i)]) = (fields[i].Name, fields[i].Value);
            }
        }

        return (RedisValue)await database.ExecuteAsync("XADD", arguments, CommandFlags.DemandMaster).ConfigureAwait(false);
    }

    private async ValueTask AppendEachAsync(IDatabase database, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, PublishTags tags)
    {
        var replies = new Task<RedisValue>[frames.Length];
        for (var i = 0; i < replies.Length; i++)
        {
            replies[i] = TryAdd(database, frames.Span[i].Bytes, tags, i);
        }

        for (var i = 0; i < replies.Length; i++)
        {
            try
            {
                var id = await replies[i].ConfigureAwait(false);
                results.Span[i] = new SendResult(Position: id);
            }
            catch (Exception error)
            {
                // Each frame's own: the others may well be stored.
                results.Span[i] = new SendResult(Error: error);
            }
        }
    }

    private Task<RedisValue> TryAdd(IDatabase database, ReadOnlyMemory<byte> frame, in PublishTags tags, int index)
    {
        try
        {
            return AddAsync(database, frame, tags, index).AsTask();
        }
        catch (Exception error)
        {
            return Task.FromException<RedisValue>(error);
        }
    }

    private SendScript Script() => _sendScript ??= new SendScript(
        context.Topic,
        _format.Send,
        StreamCalls.SendKeys(keys.Stream, keys.Ids, keys.Schedule.Scheduled, keys.Schedule.Messages, keys.Schedule.Signal),
        context.Options.DeduplicationWindow);
}
