namespace RedisMessaging.ContractTests;

/// <summary>How a process keeps what it holds.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.Lease))]
    public async Task Leases_of_all_consumers_are_renewed_over_one_connection_that_closes_with_the_bus()
    {
        var application = $"leases-{Guid.NewGuid():N}";
        var bus = await ConnectAsync(messaging => messaging.Application = application, lease: TimeSpan.FromSeconds(1));
        await using (await bus.SubscribeAsync<Note>(Topic, HangAsync, new SubscribeOptions { Group = "one" }))
        await using (await bus.SubscribeAsync<Note>(Topic, HangAsync, new SubscribeOptions { Group = "one" }))
        {
            await bus.PublishAsync(new Note("held", 1));
            await Eventually.TrueAsync(
                async () => await LeaseClientsAsync(application) is [var client] && client.Contains(" cmd=eval", StringComparison.Ordinal),
                what: "renewals go over one connection");
        }

        await bus.DisposeAsync();
        await Eventually.TrueAsync(async () => (await LeaseClientsAsync(application)).Count == 0, what: "it is closed");
        Log.Lines.Should().NotContain(line => line.Id == 3020);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Lease))]
    public async Task Leases_are_kept_while_the_connection_that_renews_them_is_cut_again_and_again()
    {
        var lease = TimeSpan.FromSeconds(2);
        var application = $"leases-{Guid.NewGuid():N}";
        var handled = 0;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var bus = await ConnectAsync(messaging => messaging.Application = application, lease: lease);
        await using var holder = await bus.SubscribeAsync<Note>(
            Topic,
            async (_, _, token) =>
            {
                Interlocked.Increment(ref handled);
                await release.Task.WaitAsync(token);
            },
            new SubscribeOptions { Group = "one" });
        await bus.PublishAsync(new Note("held", 1));
        await Eventually.TrueAsync(() => Volatile.Read(ref handled) == 1);
        await using var rival = await (await ConnectAsync(lease: lease)).SubscribeAsync<Note>(
            Topic,
            (_, _, _) =>
            {
                Interlocked.Increment(ref handled);
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { Group = "one" });

        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < 3 * lease)
        {
            foreach (var client in await LeaseClientsAsync(application))
            {
                // Where the list is a verbatim string, its first line has something in front.
                await TellAsync("CLIENT", "KILL", "ID", client.Split("id=")[1].Split(' ')[0]);
            }

            await Task.Delay(200);
        }

        handled.Should().Be(1, "the command connection renews them meanwhile");
        release.SetResult();
    }

    private static async ValueTask HangAsync(Note note, MessageContext context, CancellationToken cancellationToken) =>
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task<IReadOnlyList<string>> LeaseClientsAsync(string application) =>
        [.. (await ListClientsAsync(application)).Where(client => client.Contains("/leases ", StringComparison.Ordinal))];
}
