using System.Collections.Concurrent;

namespace QuickStart;

/// <summary>The texts that arrived, and a wait for the last of them.</summary>
internal sealed class Arrivals
{
    private readonly ConcurrentDictionary<string, int> _texts = new();

    public int Count => _texts.Values.Sum();

    public void Add(string text) => _texts.AddOrUpdate(text, 1, (_, times) => times + 1);

    /// <summary>Waits until each text has arrived.</summary>
    /// <returns>Whether they all did in time, each of them once.</returns>
    public async Task<bool> WaitAsync(IReadOnlyCollection<string> texts, TimeSpan longest)
    {
        using var timeout = new CancellationTokenSource(longest);
        while (!texts.All(_texts.ContainsKey))
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

        return Count == texts.Count;
    }
}
