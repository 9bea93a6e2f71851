using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Serialization;
using StackExchange.Redis;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>Reads what a topic's transport has scheduled, and cancels it.</summary>
internal sealed class ScheduledMessageStore(
    ScheduleKeys schedule,
    TopicKeys keys,
    FrameFormat format,
    RedisConnections connections) : IScheduledMessages
{
    private const int LargestPage = 1_000;
    private const int PerMessage = 3;
    private const string Subject = "What is scheduled";

    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        RunAsync(database => database.SortedSetLengthAsync(schedule.Scheduled), cancellationToken);

    public async ValueTask<IReadOnlyList<ScheduledMessage>> PeekAsync(
        int count = 100,
        ScheduledMessage? after = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LargestPage);
        var messages = new List<ScheduledMessage>();
        RedisValue[] behind = after is null ? [] : [after.DueAt.ToUnixTimeMilliseconds(), after.MessageId];
        for (var isAll = false; !isAll && messages.Count < count;)
        {
            var call = ScheduleCalls.Page(schedule.Scheduled, schedule.Messages, count - messages.Count, ReadSize.MostBytes, behind);
            var reply = await connections.AskLargeAsync(
                Subject,
                database => call.RunAsync(database),
                cancellationToken,
                keys.Pattern).ConfigureAwait(false);
            var fields = (RedisValue[])reply!;
            for (var i = 1; i + PerMessage <= fields.Length; i += PerMessage)
            {
                messages.Add(Read(fields[i]!, (long)fields[i + 1], fields[i + 2]));
            }

            isAll = (bool)fields[0];
            behind = isAll ? behind : [fields[^2], fields[^3]];
        }

        return messages;
    }

    public async ValueTask<bool> CancelAsync(string messageId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(messageId);
        return (bool)await RunAsync(
            database => ScheduleCalls.Cancel(schedule.Scheduled, schedule.Messages, keys.Ids, messageId).RunAsync(database),
            cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<T> RunAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        connections.AskAsync(Subject, command, cancellationToken, keys.Pattern);

    private ScheduledMessage Read(string messageId, long dueAt, ReadOnlyMemory<byte> frame)
    {
        // A newer publisher's can't be read here: consumers that are as new can.
        var header = format.Show(frame, new FrameOrigin(MadeUpId: messageId), out var body);
        return new ScheduledMessage
        {
            MessageId = messageId,
            DueAt = DateTimeOffset.FromUnixTimeMilliseconds(dueAt),
            PublishedAt = DateTimeOffset.FromUnixTimeMilliseconds(header?.PublishedAtMs ?? 0),
            ExpiresAt = header?.ExpiresAt,
            Type = header?.Type,
            Key = header?.Key,
            CorrelationId = header?.CorrelationId,
            Headers = header?.Headers ?? MessageContext.NoHeaders,
            Body = body,
        };
    }
}
