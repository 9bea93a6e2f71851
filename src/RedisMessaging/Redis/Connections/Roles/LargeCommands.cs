using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>
/// Runs commands with large arguments or replies on a connection of their own, so that no small command waits behind them. They may take
/// their time as long as bytes move. Without that connection the command connection serves.
/// </summary>
internal sealed class LargeCommands(CommandConnection command, ConnectionOpening opening, Func<LargeConnection> connection)
{
    /// <summary>From how many bytes on a message is large. Small ones on a slow link would wait for it.</summary>
    public const int LargeBytes = 256 * 1024;

    public async ValueTask<T> RunAsync<T>(Func<IDatabase, Task<T>> send, CancellationToken cancellationToken)
    {
        var database = await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await connection().FindAsync(cancellationToken).ConfigureAwait(false) is { } large
            ? await large.RunAsync(
                "a large command",
                send,
                CancellationToken.None).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false)
            : await send(database).ConfigureAwait(false);
    }

    /// <summary>Chooses the connection by how many bytes the arguments have.</summary>
    public async ValueTask<T> RunBySizeAsync<T>(long bytes, Func<IDatabase, Task<T>> send, CancellationToken cancellationToken) =>
        bytes >= LargeBytes
            ? await RunAsync(send, cancellationToken).ConfigureAwait(false)
            : await send(await command.ConnectAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>
    /// The same for a running handler. While the bus is being disposed its commands use the command connection, which closes last.
    /// </summary>
    public ValueTask<T> RunToTheEndAsync<T>(long bytes, Func<IDatabase, Task<T>> send) => opening.Stopping.IsCancellationRequested
        ? new ValueTask<T>(send(command.Database))
        : RunBySizeAsync(bytes, send, CancellationToken.None);

    /// <summary>Sends commands together that keep their own outcomes. All of them have ended when this has.</summary>
    public async ValueTask SendAsync(Func<IDatabase, Task> send, CancellationToken cancellationToken)
    {
        var database = await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (await connection().FindAsync(cancellationToken).ConfigureAwait(false) is not { } large)
        {
            await send(database).ConfigureAwait(false);
            return;
        }

        Task? sending = null;
        try
        {
            await large.RunAsync("a large publish", SendOverAsync, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RedisTimeoutException) when (sending is not null)
        {
            // The connection was replaced: what was under way on the old one fails with it.
            await sending.ConfigureAwait(false);
        }

        async Task<bool> SendOverAsync(IDatabase over)
        {
            sending = send(over);
            await sending.ConfigureAwait(false);
            return true;
        }
    }
}
