using RedisMessaging.Background;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Redis.Errors;

/// <summary>
/// The one place where a fault of Redis becomes an exception of this library: what StackExchange.Redis throws never reaches a caller, save
/// as the inner exception.
/// </summary>
internal static class RedisFaults
{
    /// <param name="subject">What was asked for: the start of a sentence.</param>
    /// <param name="error">What StackExchange.Redis threw.</param>
    /// <param name="keys">A glob for the keys that it takes, for the rule that a refused user needs.</param>
    public static RedisMessagingConnectionException Translate(string subject, Exception error, string? keys = null) =>
        RedisErrors.Classify(error) switch
        {
            FaultKind.NoPermission =>
                new(
                    $"{subject} could not be reached, because Redis refuses this user: {BoundedText.MessageOf(error)}. "
                    + $"{AclAdvice.For(BoundedText.MessageOf(error), null, keys ?? "*", "*")}",
                    error),
            FaultKind.OutOfMemory =>
                new($"{subject} could not be reached, because Redis is full (maxmemory): {BoundedText.MessageOf(error)}", error),
            FaultKind.ReadOnly =>
                new(
                    $"{subject} could not be reached, because the server is a replica, or was one when it was asked: "
                    + $"{BoundedText.MessageOf(error)}",
                    error),
            _ => new($"{subject} could not be reached: {BoundedText.MessageOf(error)}", error),
        };

    /// <summary>Awaits what a caller asked for.</summary>
    /// <param name="subject">What was asked for: the start of a sentence.</param>
    /// <param name="cancellationToken">Ends the wait. A command can't be taken back: it may be carried out all the same.</param>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked, or refused.</exception>
    public static async ValueTask<T> AskAsync<T>(string subject, Task<T> answer, string? keys, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            FireAndForget.Observe(answer);
            throw;
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            throw Translate(subject, error, keys);
        }
    }
}
