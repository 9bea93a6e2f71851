using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>Runs what an operator asks for and what something says as it closes.</summary>
internal sealed class RedisOperations(CommandConnection command, LargeCommands large, ConnectionOpening opening, TimeProvider time)
{
    private static readonly TimeSpan MaxGoodbye = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxGoodbyeWithoutRedis = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs what an operator asks for, and reports a fault of Redis as an exception of the library.</summary>
    /// <param name="subject">What is asked for: the start of a sentence.</param>
    /// <param name="send">
    /// What is sent. It is tried once, and ends within the connection's AsyncTimeout for each command that it sends.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Redis may carry out what was sent all the same.</param>
    /// <param name="keys">A glob for the keys that it takes, for the rule that a refused user needs.</param>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    public async ValueTask<T> AskAsync<T>(
        string subject,
        Func<IDatabase, Task<T>> send,
        CancellationToken cancellationToken,
        string? keys = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var database = await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await TranslateAsync(subject, () => send(database), keys, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for a command that may bring a large reply, which takes as long as its bytes arrive.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public async ValueTask<T> AskLargeAsync<T>(
        string subject,
        Func<IDatabase, Task<T>> send,
        CancellationToken cancellationToken,
        string? keys = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await command.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await TranslateAsync(subject, () => large.RunAsync(send, opening.Stopping).AsTask(), keys, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Runs the last command of something that closes. It waits little for a Redis that is away, since many may close at once. Redis finds
    /// out by itself when a lease or a key runs out.
    /// </summary>
    /// <exception cref="TimeoutException">Redis did not answer in time.</exception>
    public async Task SayGoodbyeAsync(Func<IDatabase, Task> send)
    {
        var saying = send(command.Database);
        try
        {
            await saying.WaitAsync(command.IsConnected ? MaxGoodbye : MaxGoodbyeWithoutRedis, time).ConfigureAwait(false);
        }
        finally
        {
            FireAndForget.Observe(saying);
        }
    }

    private async ValueTask<T> TranslateAsync<T>(string subject, Func<Task<T>> send, string? keys, CancellationToken cancellationToken)
    {
        try
        {
            return await RedisFaults.AskAsync(subject, Begin(), keys, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (opening.Stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw BusDisposed.Error();
        }

        // What is thrown before the first await becomes the task's, too.
        async Task<T> Begin() => await send().WaitAsync(opening.Stopping).ConfigureAwait(false);
    }
}
