using System.Runtime.ExceptionServices;

namespace RedisMessaging.Pipeline;

/// <summary>
/// The publish filters, made with the first publish and kept as long as the bus: made any earlier, one that needs <see cref="IMessageBus"/> would wait for a bus that waits for it.
/// </summary>
internal sealed class PublishFilters(IReadOnlyList<IClassSource<IPublishFilter>> sources, IServiceProvider services) : IAsyncDisposable
{
    [ThreadStatic]
    private static PublishFilters? _making;

    private readonly List<object> _owned = [];
    private IReadOnlyList<IPublishFilter>? _made;

    public bool Any => sources.Count > 0;

    /// <exception cref="RedisMessagingConfigurationException">A filter publishes while it is made.</exception>
    public IReadOnlyList<IPublishFilter> Get() => Volatile.Read(ref _made) ?? Make();

    public async ValueTask DisposeAsync()
    {
        object[] owned;
        lock (_owned)
        {
            owned = [.. _owned];
            _owned.Clear();
        }

        ExceptionDispatchInfo? first = null;
        foreach (var filter in owned)
        {
            try
            {
                await OwnedInstance.DisposeAsync(filter).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // The others are disposed all the same.
                first ??= ExceptionDispatchInfo.Capture(error);
            }
        }

        first?.Throw();
    }

    /// <summary>Without a lock, which a container that makes the same filter on another thread could wait for: two that come first at once make them twice, and one of both stays.</summary>
    private IReadOnlyList<IPublishFilter> Make()
    {
        if (_making == this)
        {
            throw new RedisMessagingConfigurationException("A publish filter publishes in its constructor, and no message can be published before all filters are made. Publish from its PublishAsync.");
        }

        var outer = _making;
        _making = this;
        try
        {
            var made = new List<IPublishFilter>();
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
        finally
        {
            _making = outer;
        }
    }
}
