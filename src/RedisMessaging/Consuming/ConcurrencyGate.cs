namespace RedisMessaging.Consuming;

/// <summary>
/// Lets many in at once, or one alone, in the order in which they came. How many there are is bounded elsewhere, and may change.
/// </summary>
internal sealed class ConcurrencyGate
{
    private readonly Lock _lock = new();
    private readonly Queue<(TaskCompletionSource Entered, bool Alone)> _waiting = new();
    private int _inside;
    private bool _isTaken;

    public ValueTask EnterAsync(bool alone)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryEnter(alone))
            {
                return ValueTask.CompletedTask;
            }

            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((entered, alone));
            return new ValueTask(entered.Task);
        }
    }

    public void Exit()
    {
        lock (_lock)
        {
            _inside--;
            _isTaken = false;
            while (_waiting.TryPeek(out var first) && TryEnter(first.Alone))
            {
                _waiting.Dequeue();
                first.Entered.SetResult();
            }
        }
    }

    private bool TryEnter(bool alone)
    {
        if (_isTaken || (alone && _inside > 0))
        {
            return false;
        }

        _inside++;
        _isTaken = alone;
        return true;
    }
}
