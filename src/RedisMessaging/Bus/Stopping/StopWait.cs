namespace RedisMessaging.Bus.Stopping;

/// <summary>Somebody who waits for a stop.</summary>
/// <param name="Caller">The handler that does; none outside of handlers.</param>
/// <param name="Stopped">The handlers of the consumers that it stops.</param>
internal sealed record StopWait(RunningHandler? Caller, IReadOnlyCollection<RunningHandlers> Stopped)
{
    public bool IsFor(RunningHandler handling) => Stopped.Contains(handling.Among);
}
