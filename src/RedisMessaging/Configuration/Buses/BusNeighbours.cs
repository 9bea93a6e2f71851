using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Buses;

/// <summary>
/// The buses of a container that have connected. Two of them may be on the same keys without intent: a copied connection, a forgotten
/// KeyPrefix. The second one to start notices.
/// </summary>
internal sealed class BusNeighbours
{
    private readonly Lock _lock = new();
    private readonly List<BusNeighbour> _connected = [];

    /// <param name="bus">The bus that opens its consumers now.</param>
    /// <param name="logger">For topics that two buses share and agree on.</param>
    /// <exception cref="RedisMessagingConfigurationException">
    /// Another bus uses the same keys, and the two would lose each other's messages.
    /// </exception>
    public void Enter(BusNeighbour bus, ILogger logger)
    {
        var shared = new List<(BusNeighbour Other, IReadOnlyList<string> Topics)>();
        lock (_lock)
        {
            // It looked around when it was opened first.
            if (_connected.Exists(known => known.Model == bus.Model))
            {
                return;
            }

            foreach (var other in _connected)
            {
                shared.Add((other, SharedTopics.Find(other, bus)));
            }

            _connected.Add(bus);
        }

        foreach (var (other, topics) in shared.Where(pair => pair.Topics.Count > 0))
        {
            Log.BusesShareKeys(logger, BusName.Describe(other.Name), BusName.Describe(bus.Name), string.Join(", ", topics));
        }
    }
}
