using System.Runtime.ExceptionServices;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>
/// Instances of a user's classes, made when they are needed first and kept as long as the bus: made any earlier, one that needs
/// <see cref="IMessageBus"/> would wait for a bus that waits for it.
/// </summary>
internal sealed class SharedInstances<T>(IReadOnlyList<IClassSource<T>> sources, IServiceProvider services) : IAsyncDisposable
    where T : class
{
    private readonly List<object> _owned = [];
    private IReadOnlyList<T>? _made;

    public bool Any => sources.Count > 0;

    /// <summary>Those that were made; <see langword="null"/> before.</summary>
    public IReadOnlyList<T>? Made => Volatile.Read(ref _made);

    /// <summary>
    /// Without a lock, which a container that makes the same class on another thread could wait for: two that come first at once make them
    /// twice, and one of both stays.
    /// </summary>
    public IReadOnlyList<T> Get()
    {
        if (Made is { } known)
        {
            return known;
        }

        var made = new List<T>();
        var owned = new List<object>();
        foreach (var source in sources)
        {
            made.Add(source.Get(services, out var isOwned));
            if (isOwned)
            {
                owned.Add(made[^1]);
            }
        }

        lock (_owned)
        {
            _owned.AddRange(owned);
        }

        return Interlocked.CompareExchange(ref _made, made, null) ?? made;
    }

    public async ValueTask DisposeAsync()
    {
        object[] owned;
        lock (_owned)
        {
            owned = [.. _owned];
            _owned.Clear();
        }

        ExceptionDispatchInfo? first = null;
        foreach (var instance in owned)
        {
            try
            {
                await OwnedInstance.DisposeAsync(instance).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // The others are disposed all the same.
                first ??= ExceptionDispatchInfo.Capture(error);
            }
        }

        first?.Throw();
    }
}
