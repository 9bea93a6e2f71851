namespace QuickStart;

/// <summary>Which numbers of the burst arrived, and how often.</summary>
internal sealed class ReadingCount
{
    public const int Expected = 100_000;

    private readonly int[] _times = new int[Expected];
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _distinct;
    private int _doubled;

    public int Distinct => Volatile.Read(ref _distinct);

    public int Doubled => Volatile.Read(ref _doubled);

    /// <summary>Ends when every number has arrived.</summary>
    public Task All => _all.Task;

    public void Add(int number)
    {
        if (Interlocked.Increment(ref _times[number]) > 1)
        {
            Interlocked.Increment(ref _doubled);
        }
        else if (Interlocked.Increment(ref _distinct) == Expected)
        {
            _all.TrySetResult();
        }
    }
}
