using System.Collections.Concurrent;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// The members of a family that this process uses. One that is only published to is some objects, without connection or task; beyond
/// <see cref="Limit"/> of them those not used for longest are forgotten, and made again when they are needed.
/// </summary>
/// <param name="create">Makes a member's transport.</param>
internal sealed class FamilyMembers(Func<string, ITransport> create, FamilyRegistry registry, TimeProvider time) : IAsyncDisposable
{
    public const int Limit = 10_000;

    private readonly ConcurrentDictionary<string, FamilyMember> _members = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _count;

    public FamilyMember Get(string name) => _members.TryGetValue(name, out var member) ? member : Add(name);

    /// <summary>Opens a receiver on a member, which is kept until <see cref="Release"/>.</summary>
    public async ValueTask<IReceiver> OpenAsync(string name, ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        var member = Hold(name);
        try
        {
            await member.EnsureRegisteredAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            var receiver = await member.Transport.OpenAsync(subscription with { Address = name }, cancellationToken).ConfigureAwait(false);
            return new MemberReceiver(receiver, member, this);
        }
        catch
        {
            Release(member);
            throw;
        }
    }

    public void Release(FamilyMember member)
    {
        lock (_lock)
        {
            member.Receivers--;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members.Values)
        {
            await member.Transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    private FamilyMember Hold(string name)
    {
        lock (_lock)
        {
            // Under the lock it can't be forgotten between the two.
            var member = Get(name);
            member.Receivers++;
            return member;
        }
    }

    private FamilyMember Add(string name)
    {
        lock (_lock)
        {
            if (_members.TryGetValue(name, out var other))
            {
                return other;
            }

            if (_count >= Limit)
            {
                Forget(Limit / 10);
            }

            var member = new FamilyMember(name, create(name), registry, time);
            _members[name] = member;
            _count++;
            return member;
        }
    }

    private void Forget(int count)
    {
        var unused = _members.Values.Where(member => member.Receivers == 0).OrderBy(member => member.LastUsed);
        foreach (var member in unused.Take(count).ToList())
        {
            _members.TryRemove(member.Name, out _);
            _count--;
            // A send that is under way still succeeds: closing only ends its check for due messages, which consumers do, too.
            _ = member.Transport.DisposeAsync().AsTask();
        }
    }
}
