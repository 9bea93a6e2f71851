using RedisMessaging.Consuming.InFlight;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// Takes messages for batches: one after another, so that they join in the order they were received in, and no more than the batches that
/// may run have room for. One that may have ended its process joins no other, and its last attempt runs alone.
/// </summary>
internal sealed class BatchIntake(ConsumerPump pump, MessageProcessor handling, BatchGathering gathering)
{
    /// <summary>Ends when the pump has stopped and everything taken is handled.</summary>
    /// <param name="cancellationToken">The handlers' token.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await pump.Feed.WaitToTakeAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (await TakeAsync().ConfigureAwait(false) is { } held)
            {
                var alone = handling.RunsAlone(held);
                await gathering.WhenAtMostAsync(alone ? 0 : gathering.Capacity - 1).ConfigureAwait(false);
                if (pump.Stopping.IsCancellationRequested)
                {
                    pump.Feed.ReleaseUnstarted(held);
                    continue;
                }

                gathering.Begin();
                // Ends with its batch, and says so to the gathering.
                _ = handling.HandleAsync(held, handling.CreateContext(), own: null, cancellationToken).AsTask();
                if (alone)
                {
                    await gathering.WhenAtMostAsync(0).ConfigureAwait(false);
                }
            }

            gathering.RunDry();
        }

        await gathering.WhenAtMostAsync(0).ConfigureAwait(false);
    }

    private ValueTask<InFlightMessage?> TakeAsync()
    {
        var taking = pump.Feed.TakeToStartAsync();
        if (!taking.IsCompleted)
        {
            // Paused, or faster than the limit: what was gathered need not wait for it.
            gathering.RunDry();
        }

        return taking;
    }
}
