using System.Runtime.CompilerServices;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Replication;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Appending;
using RedisMessaging.Transports.Streams.Groups;
using RedisMessaging.Transports.Streams.Trimming;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>A topic on a Redis stream: an XADD per message, a consumer group per group, and a retry stream beside each.</summary>
internal sealed class StreamTransport(TransportContext context, StreamKeys keys, TransportCapabilities capabilities) : ITransport
{
    private readonly EntryFormat _format = EntryFormat.Of(context.Options);
    private readonly StreamTrimmer _trimmer = new(context, keys);
    private readonly ReplicaConfirmation? _confirmation = ReplicaConfirmation.For(context, keys.Stream);
    private readonly StreamAppender _appender = new(context, keys);

    public TransportCapabilities Capabilities => capabilities;

    public ScheduleKeys Schedule => keys.Schedule;

    public ISubscriberSource? Subscribers => null;

    public IConsumerGroups Groups { get; } = new StreamGroups(context, keys);

    /// <summary>What is deleted with its ack leaves no history.</summary>
    public IHistorySource? History { get; } = capabilities.History ? new StreamHistory(context, keys) : null;

    public ITrimming Trimming => _trimmer;

    public ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_confirmation is null && OutgoingFrame.AnyIsLarge(frames.Span))
        {
            return SendLargeAsync(frames, results, cancellationToken);
        }

        return _confirmation is not null || frames.Length > 1 || _trimmer.IsExact || SendScript.IsNeededFor(frames.Span)
            ? SendManyAsync(frames, results, cancellationToken)
            : SendOneAsync(frames, results, cancellationToken);
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await TopicCheck.ForPublisherAsync(context, database, StreamLayout.Of(keys)).ConfigureAwait(false);
        await _appender.Producer.AskAsync(database).ConfigureAwait(false);
    }

    public async ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken) =>
        await StreamReceiver.OpenAsync(context, keys, _trimmer, subscription, cancellationToken).ConfigureAwait(false);

    public async ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) =>
        await (await OpenBacklogAsync(cancellationToken).ConfigureAwait(false)).CountAsync().ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) =>
        await (await OpenBacklogAsync(cancellationToken).ConfigureAwait(false)).ListGroupsAsync().ConfigureAwait(false);

    public async ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        // One that was never put into the stream belongs to no group.
        var toStream = letter.Group.Length == 0;
        var call = StreamCalls.Redrive(
            _format,
            keys.DeadLetters,
            target: toStream ? keys.Stream : keys.Retry(letter.Group),
            id: letter.Id,
            message: frame,
            position: letter.Position ?? "",
            isOwn: BroadcastGroups.IsBroadcast(letter.Group) ? 1 : 0,
            toStream: toStream ? 1 : 0);
        return (bool)await context.Connections.RunBySizeAsync(frame.Length, database => call.RunAsync(database), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) =>
        await (await OpenBacklogAsync(cancellationToken).ConfigureAwait(false)).DeleteDrainedAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var groups = consumers.Select(StreamConsumer.NameOf).Distinct(StringComparer.Ordinal).ToArray();
        var call = StreamCalls.MoveDue(
            _format,
            keys.Stream,
            keys.Schedule.Scheduled,
            keys.Schedule.Messages,
            keys.DeadLetters,
            groupKeys: [.. groups.SelectMany(group => new[] { keys.Retries(group), keys.RetryMessages(group), keys.Retry(group) })],
            topic: context.Topic,
            groups: Array.ConvertAll(groups, group => (RedisValue)group));
        var move = DueMove.Read(await call.RunAsync(database).WaitAsync(cancellationToken).ConfigureAwait(false));
        if (move.DeadLettered > 0)
        {
            await DeadLetterTrim.NowAsync(context, database, Instruments.Topic(context.Topic)).ConfigureAwait(false);
        }

        if (move.Moved > 0)
        {
            await _trimmer.AppendedAsync(database, move.Moved).ConfigureAwait(false);
        }

        return move;
    }

    public async ValueTask<IReadOnlyList<string>> SweepScheduleAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) => await ScheduleSweep.RunAsync(
        await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false),
        [
            (keys.Schedule.Scheduled, keys.Schedule.Messages),
            .. consumers.Select(StreamConsumer.NameOf).Distinct(StringComparer.Ordinal).Select(group => (keys.Retries(group), keys.RetryMessages(group))),
        ],
        cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _trimmer.DisposeAsync();

    private async ValueTask<StreamBacklog> OpenBacklogAsync(CancellationToken cancellationToken) =>
        new(keys, await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendOneAsync(ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        PublishTags tags = default;
        try
        {
            var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
            tags = _appender.Producer.Draw(database, frames.Span);
            var id = await _appender.AddAsync(database, frames.Span[0].Bytes, tags, 0).ConfigureAwait(false);
            results.Span[0] = new SendResult(Position: id);
            _trimmer.Appended(1);
        }
        catch (Exception error) when (!IsCancellation(error, cancellationToken))
        {
            results.Span[0] = new SendResult(Error: error);
            _appender.Producer.Note(frames.Span, results.Span, tags);
        }
    }

    private async ValueTask SendManyAsync(ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        IDatabase database;
        try
        {
            database = _confirmation is null
                ? await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false)
                : await _confirmation.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!IsCancellation(error, cancellationToken))
        {
            results.Span[..frames.Length].Fill(new SendResult(Error: error));
            return;
        }

        var tags = _appender.Producer.Draw(database, frames.Span);
        await SendManyAsync(database, frames, results, tags).ConfigureAwait(false);
        if (_confirmation is not null)
        {
            await _confirmation.ConfirmAsync(database, results[..frames.Length]).ConfigureAwait(false);
        }

        _appender.Producer.Note(frames.Span, results.Span, tags);
    }

    private async ValueTask SendLargeAsync(ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        PublishTags tags = default;
        try
        {
            await context.Connections.SendLargeAsync(SendAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!IsCancellation(error, cancellationToken))
        {
            results.Span[..frames.Length].Fill(new SendResult(Error: error));
        }

        _appender.Producer.Note(frames.Span, results.Span, tags);

        Task SendAsync(IDatabase database)
        {
            tags = _appender.Producer.Draw(database, frames.Span);
            return SendManyAsync(database, frames, results, tags);
        }
    }

    private async Task SendManyAsync(IDatabase database, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, PublishTags tags)
    {
        await _appender.AppendAsync(database, frames, results, tags).ConfigureAwait(false);
        await _trimmer.AppendedAsync(database, frames.Length).ConfigureAwait(false);
    }

    /// <summary>StackExchange.Redis cancels commands, too, when it is closed; they may have been carried out, and know nothing of our token.</summary>
    private static bool IsCancellation(Exception error, CancellationToken cancellationToken) =>
        error is OperationCanceledException cancelled && cancelled.CancellationToken == cancellationToken && cancellationToken.IsCancellationRequested;
}
