using System.Runtime.CompilerServices;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Topics;

namespace RedisMessaging.Bus;

/// <summary>Opens the subscriptions and readers that callers wait for, also while Redis is away.</summary>
internal sealed class ConsumerOpener(
    ConsumerHost consumers,
    RedisConnections connections,
    IReadOnlyDictionary<TopicDefinition, TopicRuntime> topics)
{
    public async ValueTask<IMessageSubscription> OpenAsync(ConsumerDefinition consumer, CancellationToken cancellationToken)
    {
        var transport = topics[consumer.Topic].Transport;
        return await OpenAsync(consumer, token => consumers.OpenAsync(consumer, transport, token), cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ReceivedMessage<T>> ReadAsync<T>(
        ConsumerDefinition consumer,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var transport = topics[consumer.Topic].Transport;
        var reader = await OpenAsync(consumer, token => consumers.OpenReaderAsync(consumer, transport, token), cancellationToken)
            .ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await foreach (var received in reader.ReadAsync<T>(cancellationToken).ConfigureAwait(false))
            {
                yield return received;
            }
        }
    }

    private Task<T> OpenAsync<T>(
        ConsumerDefinition consumer,
        Func<CancellationToken, Task<T>> open,
        CancellationToken cancellationToken)
        where T : IAsyncDisposable =>
        consumers.OpenForCallerAsync(
            token => connections.Patient.RunAsync($"Topic '{consumer.Address}', group '{consumer.Group}',", open, token),
            cancellationToken);
}
