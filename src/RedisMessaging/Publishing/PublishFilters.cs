using RedisMessaging.Consuming.Handlers.Classes;

namespace RedisMessaging.Publishing;

/// <summary>The publish filters, made with the first publish and kept as long as the bus.</summary>
internal sealed class PublishFilters(IReadOnlyList<IClassSource<IPublishFilter>> sources, IServiceProvider services) : IAsyncDisposable
{
    [ThreadStatic]
    private static PublishFilters? _making;

    private readonly SharedInstances<IPublishFilter> _instances = new(sources, services);

    public bool Any => _instances.Any;

    /// <exception cref="RedisMessagingConfigurationException">A filter publishes while it is made.</exception>
    public IReadOnlyList<IPublishFilter> Get() => _instances.Made ?? Make();

    public ValueTask DisposeAsync() => _instances.DisposeAsync();

    private IReadOnlyList<IPublishFilter> Make()
    {
        if (_making == this)
        {
            throw new RedisMessagingConfigurationException(
                "A publish filter publishes in its constructor, and no message can be published before all filters are made. Publish from "
                + "its PublishAsync.");
        }

        var outer = _making;
        _making = this;
        try
        {
            return _instances.Get();
        }
        finally
        {
            _making = outer;
        }
    }
}
