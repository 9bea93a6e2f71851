namespace SwitchTransport;

/// <summary>What was handled, in its order.</summary>
internal sealed class Tally
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _seen = [];
    private int _highest;
    private int _doubled;
    private int _reordered;

    public void Add(int number)
    {
        lock (_lock)
        {
            if (!_seen.Add(number))
            {
                _doubled++;
                return;
            }

            _reordered += number < _highest ? 1 : 0;
            _highest = Math.Max(_highest, number);
        }
    }

    public Result Of(string transport, int published)
    {
        lock (_lock)
        {
            return new Result(transport, published, _seen.Count, published - _seen.Count, _doubled, _reordered);
        }
    }
}
