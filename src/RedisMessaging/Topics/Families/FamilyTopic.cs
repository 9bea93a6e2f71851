using System.Runtime.CompilerServices;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Pausing;

namespace RedisMessaging.Topics.Families;

/// <summary>A family as an operator sees it: its members, each of which is a topic of its own.</summary>
internal sealed class FamilyTopic(TopicDefinition family, FamilyTransport transport, PauseStore pauses) : ITopic
{
    public string Name => family.Name;

    public TransportKind Transport => family.Kind;

    public TransportCapabilities Capabilities => family.Capabilities;

    public IDeadLetters DeadLetters => throw EachMembers("has dead letters");

    public IScheduledMessages Scheduled => throw EachMembers("has messages that wait to be due");

    public IConsumerGroups Groups => throw EachMembers("has consumer groups");

    public ValueTask<bool> PauseAsync(string? group = null, CancellationToken cancellationToken = default) => pauses.SetAsync(group, paused: true, cancellationToken);

    public ValueTask<bool> ResumeAsync(string? group = null, CancellationToken cancellationToken = default) => pauses.SetAsync(group, paused: false, cancellationToken);

    public ValueTask<IReadOnlyList<TopicPause>> GetPausedAsync(CancellationToken cancellationToken = default) => pauses.ListAsync(cancellationToken);

    public ValueTask<TrimResult> TrimAsync(Retention? retention = null, CancellationToken cancellationToken = default) => throw EachMembers("has a history to trim");

    public ValueTask<bool> DeleteAsync(string position, bool force = false, CancellationToken cancellationToken = default) => throw EachMembers("has a history");

    public ValueTask<SubscriberCounts> CountSubscribersAsync(CancellationToken cancellationToken = default) =>
        throw new RedisMessagingConfigurationException($"Topic '{Name}' is on {Transport}, which has no channels to subscribe to. Pub/Sub topics have subscribers to count.");

    public async IAsyncEnumerable<string> ListMembersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = double.NegativeInfinity;
        while (await transport.ListPageAsync(last, cancellationToken).ConfigureAwait(false) is { Count: > 0 } page)
        {
            foreach (var member in page)
            {
                if (transport.IsMember(member.Name))
                {
                    yield return member.Name;
                }
            }

            last = page[^1].Number;
        }
    }

    public IAsyncEnumerable<HistoryEntry<T>> ReadHistoryAsync<T>(HistoryPoint from = default, HistoryPoint to = default, HistoryOptions? options = null, CancellationToken cancellationToken = default) =>
        throw EachMembers("has a history");

    public IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default) => throw EachMembers("has a history");

    public ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default) => throw EachMembers("has a history");

    private RedisMessagingConfigurationException EachMembers(string what) =>
        new($"Topic '{Name}' is a family: each of its members {what} of its own. Name one, such as Topic(\"{family.Pattern!.Example}\"); ListMembersAsync tells which there are.");
}
