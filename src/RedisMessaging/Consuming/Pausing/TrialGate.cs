using System.Diagnostics.CodeAnalysis;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>After a pause for failures one handler at a time starts, to see whether it still fails. Each such start is a trial.</summary>
internal sealed class TrialGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _ended;
    private Trial? _current;
    private volatile bool _admitsOne;

    /// <summary>Whether only one handler at a time may start.</summary>
    public bool AdmitsOne => _admitsOne;

    /// <summary>Lets one handler at a time start from now on.</summary>
    public void AdmitOne()
    {
        lock (_lock)
        {
            _admitsOne = true;
            _current = null;
        }
    }

    /// <summary>The trial succeeded: all handlers may start.</summary>
    public void AdmitAll()
    {
        TaskCompletionSource? ended;
        lock (_lock)
        {
            _admitsOne = false;
            (ended, _ended) = (_ended, null);
        }

        ended?.SetResult();
    }

    /// <summary>While one handler is tried, no other one starts.</summary>
    /// <param name="trial">The right to start it; <see langword="null"/> where all may start.</param>
    /// <param name="ended">Ends when the caller may try again.</param>
    public bool TryBegin(out Trial? trial, [NotNullWhen(false)] out Task? ended)
    {
        lock (_lock)
        {
            ended = FindEnd();
            trial = _admitsOne && ended is null ? new Trial() : null;
            _current = trial ?? _current;
            return ended is null;
        }
    }

    /// <summary>Ends a trial: where it decided nothing, the next one may begin.</summary>
    public void End(Trial? trial)
    {
        if (trial is null)
        {
            return;
        }

        TaskCompletionSource? ended = null;
        lock (_lock)
        {
            if (_current == trial)
            {
                _current = null;
                (ended, _ended) = (_ended, null);
            }
        }

        ended?.SetResult();
    }

    /// <summary>Waits until no trial is under way.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (FindEnd() is { } ended)
        {
            await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>A task that ends with the trial under way; <see langword="null"/> without one.</returns>
    private Task? FindEnd()
    {
        lock (_lock)
        {
            if (!_admitsOne || _current is null)
            {
                return null;
            }

            _ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _ended.Task;
        }
    }
}
