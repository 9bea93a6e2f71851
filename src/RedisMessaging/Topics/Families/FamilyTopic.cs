using System.Runtime.CompilerServices;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Pausing;

namespace RedisMessaging.Topics.Families;

/// <summary>A family for operators: its members, each of which is a topic of its own.</summary>
internal sealed class FamilyTopic(TopicDefinition family, FamilyTransport transport, PauseStore pauses) : ITopicFamily
{
    public string Name => family.Name;

    public TransportKind Transport => family.Kind;

    public TransportCapabilities Capabilities => family.Capabilities;

    public IDeadLetters DeadLetters => throw EachMember("has dead letters");

    public IScheduledMessages Scheduled => throw EachMember("has scheduled messages");

    public ValueTask<bool> PauseAsync(string? group = null, CancellationToken cancellationToken = default) =>
        pauses.SetAsync(group, paused: true, cancellationToken);

    public ValueTask<bool> ResumeAsync(string? group = null, CancellationToken cancellationToken = default) =>
        pauses.SetAsync(group, paused: false, cancellationToken);

    public ValueTask<IReadOnlyList<TopicPause>> GetPausedAsync(CancellationToken cancellationToken = default) =>
        pauses.ListAsync(cancellationToken);

    public IStreamTopic AsStream() => throw EachMember(family.Kind == TransportKind.Stream ? "is a stream" : $"is a {family.Kind}");

    public IPubSubTopic AsPubSub() => throw new NotSupportedException(
        $"Topic '{Name}' is on {Transport}, which has no channels to subscribe to. Pub/Sub topics have subscribers to count.");

    public ITopicFamily AsFamily() => this;

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

    private NotSupportedException EachMember(string what) => new(
        $"Topic '{Name}' is a family: each of its members {what} of its own. Name one, such as Topic(\"{family.Pattern!.Example}\"); "
        + "AsFamily().ListMembersAsync lists them.");
}
