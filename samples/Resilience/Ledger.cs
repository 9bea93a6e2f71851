using System.Collections.Concurrent;

namespace Resilience;

/// <summary>What was charged, and what it took.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<int, int> _charged = new();
    private readonly ConcurrentQueue<string> _givenUp = new();
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public int Count => _charged.Count;

    public int MostAttempts => _charged.Values.DefaultIfEmpty().Max();

    public IReadOnlyCollection<string> GivenUp => _givenUp;

    public void Called() => Interlocked.Increment(ref _calls);

    public void Charged(int order, int attempt) => _charged[order] = attempt;

    public void GiveUp(string what) => _givenUp.Enqueue(what);
}
