using System.Collections.Concurrent;

namespace QuickStart;

/// <summary>The messages that arrived, by their ids, and a wait for the last of them.</summary>
internal sealed class Arrivals
{
    private readonly ConcurrentDictionary<string, int> _times = new();

    public void Add(string messageId) => _times.AddOrUpdate(messageId, 1, (_, times) => times + 1);

    /// <summary>How many of these messages arrived, each counted as often as it did.</summary>
    public int Count(IEnumerable<string> messageIds) => messageIds.Sum(id => _times.GetValueOrDefault(id));

    /// <summary>Waits until each of these messages has arrived; what others published does not count.</summary>
    /// <returns>Whether they all did in time, each of them once.</returns>
    public async Task<bool> WaitAsync(IReadOnlyCollection<string> messageIds, TimeSpan longest)
    {
        using var timeout = new CancellationTokenSource(longest);
        while (!messageIds.All(_times.ContainsKey))
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), timeout.Token);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return Count(messageIds) == messageIds.Count;
    }
}
