using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>
/// Which of a topic's consumers are paused, as Redis keeps it: a hash with a field for each group and one for all, and a wake signal.
/// </summary>
internal sealed class PauseStore(string topic, TopicKeys keys, RedisConnections connections)
{
    private const string All = "*";
    private const string GroupStart = "group:";

    public RedisKey Signal => keys.PausedSignal;

    public string Topic => topic;

    /// <returns>False when it was so already.</returns>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked, or refuses.</exception>
    public async ValueTask<bool> SetAsync(string? group, bool paused, CancellationToken cancellationToken)
    {
        if (group is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(group);
        }

        return await AskAsync(
            async database =>
                (bool)await TopicCalls.Pause(keys.Paused, keys.PausedSignal, FieldOf(group), paused ? 1 : 0)
                    .RunAsync(database).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked, or refuses.</exception>
    public ValueTask<IReadOnlyList<TopicPause>> ListAsync(CancellationToken cancellationToken) => AskAsync(ReadAsync, cancellationToken);

    /// <summary>The same for those that live by it: as Redis answers.</summary>
    public async Task<IReadOnlyList<TopicPause>> ReadAsync(IDatabase database)
    {
        var entries = await database.HashGetAllAsync(keys.Paused).ConfigureAwait(false);
        return [.. entries.Select(Read).OfType<TopicPause>().OrderBy(pause => pause.Since)];
    }

    /// <summary>
    /// Whether the wake signal can be read: one command reads all signals, so one that is denied would block the others.
    /// </summary>
    public async Task<bool> CanReadSignalAsync(IDatabase database)
    {
        try
        {
            await database.ExecuteAsync(
                "XREAD",
                ["COUNT", 1, "STREAMS", keys.PausedSignal, Redis.WakeSignals.WakeSignal.Beginning]).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
            return false;
        }
    }

    private static string FieldOf(string? group) => group is null ? All : GroupStart + group;

    /// <summary>Ignores fields that this library does not write.</summary>
    private static TopicPause? Read(HashEntry entry)
    {
        var field = (string)entry.Name!;
        var group = field.StartsWith(GroupStart, StringComparison.Ordinal) ? field[GroupStart.Length..] : null;
        return group is null && field != All
            ? null
            : new TopicPause(group, DateTimeOffset.FromUnixTimeMilliseconds(entry.Value.TryParse(out long ms) ? ms : 0));
    }

    private ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        connections.AskAsync($"What is paused on topic '{topic}'", command, cancellationToken, keys.Pattern);
}
