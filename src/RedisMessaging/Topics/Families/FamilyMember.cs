using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>A member of a family in this process, with a transport as an ordinary topic of its name would have it.</summary>
internal sealed class FamilyMember(string name, ITransport transport, FamilyRegistry registry, TimeProvider time)
{
    private static readonly TimeSpan RegisterAgain = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Task? _registering;
    private long _registeredAt;
    private bool _isChecked;

    public string Name => name;

    public ITransport Transport => transport;

    /// <summary>How many receivers are open on it; changed by <see cref="FamilyMembers"/> alone.</summary>
    public int Receivers { get; set; }

    /// <summary>When it was last sent to or opened, as a TimeProvider timestamp.</summary>
    public long LastUsed { get; private set; } = time.GetTimestamp();

    /// <summary>
    /// Has it in the registry before anything is stored in it, and looks at its keys at first. Now and then it is registered again: the
    /// registry may have been lost meanwhile.
    /// </summary>
    public Task EnsureRegisteredAsync()
    {
        LastUsed = time.GetTimestamp();
        var registeredAt = Volatile.Read(ref _registeredAt);
        if (registeredAt != 0 && time.GetElapsedTime(registeredAt, LastUsed) < RegisterAgain)
        {
            return Task.CompletedTask;
        }

        lock (_lock)
        {
            return _registering is { IsCompleted: false } ? _registering : _registering = RegisterAsync();
        }
    }

    private async Task RegisterAsync()
    {
        var now = time.GetTimestamp();
        await registry.RegisterAsync([name], CancellationToken.None).ConfigureAwait(false);
        if (!_isChecked)
        {
            await transport.CheckAsync(CancellationToken.None).ConfigureAwait(false);
            _isChecked = true;
        }

        Volatile.Write(ref _registeredAt, now);
    }
}
