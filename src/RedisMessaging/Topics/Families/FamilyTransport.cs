using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// A family of topics whose messages are stored: each member has the keys and the transport that an ordinary topic of its name would have.
/// A registry, written before a member's first message, tells those who subscribe to the family which there are.
/// </summary>
/// <param name="isMember">Whether a name in the registry is a member to this process.</param>
/// <param name="create">Makes a member's transport.</param>
internal sealed class FamilyTransport(
    TopicDefinition family,
    Func<string, bool> isMember,
    Func<string, ITransport> create,
    FamilyRegistry registry,
    RedisConnections connections,
    BusServices bus) : ITransport
{
    private const int MaxAskedAtOnce = 16;

    private readonly FamilyMembers _members = new(create, registry, bus.Time);

    public TransportCapabilities Capabilities => family.Capabilities;

    public IHistorySource? History => null;

    public ITrimming? Trimming => null;

    public ISubscriberSource? Subscribers => null;

    public IConsumerGroups? Groups => null;

    public ScheduleKeys? Schedule => null;

    public ITransport TransportOf(string member) => _members.Get(member).Transport;

    public ValueTask SendAsync(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var member = _members.Get(address);
        var registered = member.EnsureRegisteredAsync();
        return registered.IsCompletedSuccessfully
            ? member.Transport.SendAsync(address, frames, results, cancellationToken)
            : SendAfterAsync(registered, member, frames, results, cancellationToken);
    }

    public ValueTask CheckAsync(CancellationToken cancellationToken) => registry.CheckAsync(cancellationToken);

    public async ValueTask<IReceiver> OpenAsync(ReceiverOptions options, CancellationToken cancellationToken)
    {
        if (options.Address != family.Address)
        {
            return await _members.OpenAsync(options.Address, options, cancellationToken).ConfigureAwait(false);
        }

        await registry.CheckForFollowerAsync(cancellationToken).ConfigureAwait(false);
        var receiver = CreateReceiver(options);
        try
        {
            await receiver.OpenAsync(cancellationToken).ConfigureAwait(false);
            return receiver;
        }
        catch
        {
            await receiver.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Each member's own transport does that.</summary>
    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) =>
        throw NotOfAFamily();

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        throw NotOfAFamily();

    public async ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken)
    {
        var counting = OfEachMemberAsync(static (member, token) => member.CountUnhandledAsync(token), cancellationToken);
        return (await counting.ConfigureAwait(false)).Sum();
    }

    public async ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken)
    {
        var listing = OfEachMemberAsync(static (member, token) => member.ListGroupsAsync(token), cancellationToken);
        return [.. (await listing.ConfigureAwait(false)).SelectMany(groups => groups).Distinct(StringComparer.Ordinal)];
    }

    public async ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken)
    {
        var deleted = await OfEachMemberAsync(
            static (transport, token) => transport.DeleteDrainedAsync(token),
            cancellationToken).ConfigureAwait(false);
        if (!deleted.All(done => done))
        {
            return false;
        }

        await registry.DeleteAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A page of the registry, in the order of registration.</summary>
    /// <exception cref="RedisMessagingConnectionException">Redis can't be asked.</exception>
    public ValueTask<IReadOnlyList<RegisteredMember>> ListPageAsync(double after, CancellationToken cancellationToken) =>
        registry.AskPageAsync(after, cancellationToken);

    /// <summary>Whether a name in the registry is a member to this process.</summary>
    public bool IsMember(string name) => isMember(name);

    public ValueTask DisposeAsync() => _members.DisposeAsync();

    private FamilyReceiver CreateReceiver(ReceiverOptions options)
    {
        var identity = new ConsumerIdentity(family.Name, options.Group);
        var coordination = FeedCoordination.For(options);
        var feeds = new FamilyFeeds(options, isMember, _members, coordination, identity, bus);
        var follower = new FamilyFollower(identity, registry, connections.Bells, feeds.Add, bus);
        var leases = family.Capabilities.Lease is { } lease ? new WaitingLeases(feeds, coordination.Queue, lease, identity, bus) : null;
        return new FamilyReceiver(feeds, follower, registry, coordination, connections.Leases, leases);
    }

    private static async ValueTask SendAfterAsync(
        Task registered,
        FamilyMember member,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        CancellationToken cancellationToken)
    {
        // Thrown, a fault says that nothing was sent.
        await registered.WaitAsync(cancellationToken).ConfigureAwait(false);
        await member.Transport.SendAsync(member.Name, frames, results, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T[]> OfEachMemberAsync<T>(Func<ITransport, CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        var members = (
            await registry.ReadAllAsync(cancellationToken).ConfigureAwait(false)).Where(member => isMember(member.Name)).ToList();
        var answers = new T[members.Count];
        var limits = new ParallelOptions { MaxDegreeOfParallelism = MaxAskedAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, answers.Length, limits, async (i, token) =>
            answers[i] = await ask(_members.Get(members[i].Name).Transport, token).ConfigureAwait(false)).ConfigureAwait(false);
        return answers;
    }

    private InvalidOperationException NotOfAFamily() => new($"Topic '{family.Name}' is a family: its members' transports do that.");
}
