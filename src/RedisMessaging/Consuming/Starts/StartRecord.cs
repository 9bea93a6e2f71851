using RedisMessaging.Consuming.InFlight;

namespace RedisMessaging.Consuming.Starts;

/// <summary>A start that is recorded, or on its way to be.</summary>
/// <param name="held">The message.</param>
/// <param name="starts">What is recorded: how many starts count.</param>
internal sealed class StartRecord(InFlightMessage held, int starts)
{
    private readonly TaskCompletionSource<bool> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InFlightMessage Held => held;

    public int Starts => starts;

    /// <summary>Whether it is on record.</summary>
    public Task<bool> Outcome => _outcome.Task;

    public void End(bool recorded) => _outcome.TrySetResult(recorded);
}
