using RedisMessaging.Redis.Errors;

namespace RedisMessaging.Transports.Contracts;

/// <summary>Gathers what failed of a batch of verdicts, and tells what Redis refused from what has no known outcome.</summary>
internal sealed class SettleRefusals
{
    private readonly Lock _lock = new();
    private List<Settlement>? _refused;
    private Exception? _refusal;
    private Exception? _fault;

    public bool IsEmpty => _refused is null && _fault is null;

    /// <summary>These failed together.</summary>
    public void Add(ReadOnlySpan<Settlement> settlements, Exception error)
    {
        lock (_lock)
        {
            if (IsRefusal(error))
            {
                _refusal ??= error;
                (_refused ??= []).AddRange(settlements);
            }
            else
            {
                _fault ??= error;
            }
        }
    }

    /// <summary>A fault that passes by itself fails the whole batch: it is settled again as it is. A refusal may last, and must not keep the others.</summary>
    /// <param name="owned">How many of those that were carried out were the receiver's.</param>
    /// <exception cref="SettleRefusedException">Some were refused.</exception>
    public void ThrowIfAny(int owned)
    {
        if (_fault is not null)
        {
            throw _fault;
        }

        if (_refused is not null)
        {
            throw new SettleRefusedException([.. _refused], owned, _refusal!);
        }
    }

    /// <summary>Throws what Redis said, whatever it was about.</summary>
    public void ThrowFirst()
    {
        if ((_fault ?? _refusal) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Whether Redis has certainly not carried it out, for a reason that may last.</summary>
    public static bool IsRefusal(Exception error) =>
        !RedisErrors.MayHaveBeenStored(error) && (!RedisErrors.IsTransient(error) || RedisErrors.Classify(error) is FaultKind.OutOfMemory);
}
