namespace OrderProcessing;

/// <summary>What the workers say: who began which order, and who finished it.</summary>
internal sealed class Progress
{
    private readonly Lock _lock = new();
    private readonly List<Step> _steps = [];

    /// <summary>A line of a worker's output.</summary>
    public void Hear(string worker, string line)
    {
        if (line.Split(" | ") is [(ProcessOrder.Begins or ProcessOrder.Done) and var what, var number, var position, ..])
        {
            lock (_lock)
            {
                _steps.Add(new Step(worker, what == ProcessOrder.Done, number, position));
            }
        }
    }

    public int BegunBy(string worker) => Steps().Count(step => !step.IsDone && step.Worker == worker);

    /// <summary>Each order's ends, one for each time that it was handled.</summary>
    public ILookup<string, Step> Handled() => Steps().Where(step => step.IsDone).ToLookup(step => step.Number);

    private Step[] Steps()
    {
        lock (_lock)
        {
            return [.. _steps];
        }
    }

    internal sealed record Step(string Worker, bool IsDone, string Number, string Position);
}
