using RedisMessaging.Redis.Scheduling;
using StackExchange.Redis;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>
/// Looks for messages that wait in a schedule and have no time at which they are due: another program removed it, or an older version was
/// interrupted. They become due at once.
/// </summary>
internal static class ScheduleSweep
{
    private const string End = "0";

    /// <param name="schedules">Of each its sorted set and its hash of messages. One without such messages costs one call.</param>
    /// <returns>The names of those that were found.</returns>
    public static async ValueTask<IReadOnlyList<string>> RunAsync(
        IDatabase database,
        IEnumerable<(RedisKey Due, RedisKey Messages)> schedules,
        CancellationToken cancellationToken)
    {
        List<string> found = [];
        foreach (var (due, messages) in schedules)
        {
            var cursor = End;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                var sweep = ScheduleCalls.Sweep(due, messages, cursor).RunAsync(database);
                var reply = (string[])(await sweep.WaitAsync(cancellationToken).ConfigureAwait(false))!;
                found.AddRange(reply.AsSpan(1));
                cursor = reply[0];
            }
            while (cursor != End);
        }

        return found;
    }
}
