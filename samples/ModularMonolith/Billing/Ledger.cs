using System.Collections.Concurrent;

namespace ModularMonolith.Billing;

/// <summary>What was charged, once for each order.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<int, int> _charged = new();

    public int Count => _charged.Count;

    public void Charge(ChargeCard charge)
    {
        if (_charged.TryAdd(charge.Number, charge.Won))
        {
            Console.WriteLine($"billing  | order {charge.Number} charged: {charge.Won:N0} won");
        }
    }
}
