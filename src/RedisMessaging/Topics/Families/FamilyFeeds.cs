using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// One feed for each member of a family that its consumer reads: as many as the registry has, and each new one as it is registered.
/// </summary>
/// <param name="isMember">Whether a name in the registry is a member to this process.</param>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource holds nothing.")]
internal sealed class FamilyFeeds(
    ReceiverOptions options,
    Func<string, bool> isMember,
    FamilyMembers members,
    FeedCoordination coordination,
    ConsumerIdentity identity,
    BusServices bus)
{
    private const int MaxOpenedAtOnce = 16;

    private readonly ConcurrentDictionary<string, MemberFeed> _feeds = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private double _newSince = double.PositiveInfinity;
    private bool _isOpen;

    public IEnumerable<MemberFeed> All => _feeds.Values;

    public MemberFeed this[string member] => _feeds[member];

    /// <summary>Finds from which member on the group starts at the beginning.</summary>
    public async Task BeginAsync(FamilyRegistry registry, CancellationToken cancellationToken)
    {
        if (options is { StartAt: StartPosition.New, Broadcast: false })
        {
            // The group starts at the end only of those members that its first subscription finds. A later member's messages, published
            // while none of its consumers ran, are read.
            _newSince = await registry.SubscribeAsync(options.Group, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds the feed of a member that the registry has.</summary>
    public void Add(RegisteredMember member)
    {
        if (!isMember(member.Name))
        {
            return;
        }

        var startAt = _isOpen || member.Number > _newSince ? StartPosition.Beginning : options.StartAt;
        var memberOptions = options with { StartAt = startAt };
        var feed = new MemberFeed(member.Name, coordination, token => members.OpenAsync(member.Name, memberOptions, token), identity, bus);
        _feeds[member.Name] = feed;
        if (_isOpen)
        {
            feed.Start(_stop.Token);
        }
    }

    /// <summary>Opens the members there are. One that can't be opened is tried again later, and the others are read meanwhile.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var faults = new ConcurrentQueue<Exception>();
        var limits = new ParallelOptions { MaxDegreeOfParallelism = MaxOpenedAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(_feeds.Values, limits, async (feed, token) =>
        {
            try
            {
                await feed.OpenAsync(token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is RedisMessagingConfigurationException || MemberFeed.IsOwnFault(error))
            {
                feed.NoteFault(error);
                faults.Enqueue(error);
            }
        }).ConfigureAwait(false);
        if (faults.TryPeek(out var first) && faults.Count == _feeds.Count)
        {
            // All of them failed: more likely they lack something in common, such as a right.
            ExceptionDispatchInfo.Throw(first);
        }

        _isOpen = true;
        foreach (var feed in _feeds.Values)
        {
            feed.Start(_stop.Token);
        }
    }

    /// <summary>Ends the loops of all feeds.</summary>
    /// <returns>The feeds, to be closed.</returns>
    public async Task<List<MemberFeed>> StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        var feeds = _feeds.Values.ToList();
        await Task.WhenAll(feeds.Select(feed => feed.EndedAsync())).ConfigureAwait(false);
        return feeds;
    }
}
