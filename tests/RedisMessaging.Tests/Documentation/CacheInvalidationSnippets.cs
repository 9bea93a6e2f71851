using System.Collections.Concurrent;

// The code of docs/cache-invalidation.md, compiled; ReadmeTests compares them.
namespace RedisMessaging.Tests.Documentation;

public sealed record Product(int Id, string Name);

#region product-cache
public sealed record ProductChanged(int ProductId);

public sealed class ProductCache
{
    private readonly ConcurrentDictionary<int, Product> _products = new();

    public async ValueTask<Product> GetAsync(int id, Func<int, ValueTask<Product>> load) => _products.TryGetValue(id, out var known) ? known : _products[id] = await load(id);

    public void Forget(int id) => _products.TryRemove(id, out _);

    public void Clear() => _products.Clear();
}
#endregion

internal static class CacheInvalidationSnippets
{
    public static void OverPubSub(RedisMessagingBuilder messaging, ProductCache cache)
    {
        #region invalidate-over-pubsub
        messaging.AddPubSub<ProductChanged>("products-changed");
        messaging.AddHandler<ProductChanged>(
            (changed, context, cancellationToken) =>
            {
                cache.Forget(changed.ProductId);
                return ValueTask.CompletedTask;
            },
            handler => handler.OnGap = gap => cache.Clear());
        #endregion
    }

    public static void OverStream(RedisMessagingBuilder messaging, ProductCache cache)
    {
        #region invalidate-over-stream
        messaging.AddStream<ProductChanged>("products-changed", stream => stream.Retention = new Retention { MaxLength = 100_000 });
        messaging.AddHandler<ProductChanged>(
            (changed, context, cancellationToken) =>
            {
                cache.Forget(changed.ProductId);
                return ValueTask.CompletedTask;
            },
            handler => handler.Broadcast = true);
        #endregion
    }

    public static void Remembered(RedisMessagingBuilder messaging, ProductCache cache)
    {
        #region invalidate-remembered
        messaging.AddHandler<ProductChanged>(
            (changed, context, cancellationToken) =>
            {
                cache.Forget(changed.ProductId);
                return ValueTask.CompletedTask;
            },
            handler => handler.BroadcastName = Environment.MachineName);
        #endregion
    }

    public static async Task ChangeAsync(IMessageBus bus, int productId)
    {
        #region tell-caches
        // After the change is committed: a cache that loads anew must find it.
        await bus.PublishAsync(new ProductChanged(productId));
        #endregion
    }
}
