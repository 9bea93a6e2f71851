using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;

namespace RedisMessaging.Redis.Connections;

/// <summary>Opens what a caller waits for, also while Redis is away: as a start does, until <c>StartTimeout</c> is over.</summary>
internal sealed class PatientCall(TimeSpan longest, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LeastAttempt = TimeSpan.FromSeconds(1);

    /// <param name="subject">What is opened: the start of a sentence.</param>
    /// <param name="open">One attempt. What it opens when it is not waited for any more is disposed.</param>
    /// <exception cref="RedisMessagingConnectionException">Redis stayed away, or refuses something that waiting does not
    /// change.</exception>
    public async Task<T> RunAsync<T>(string subject, Func<CancellationToken, Task<T>> open, CancellationToken cancellationToken)
        where T : IAsyncDisposable
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await AttemptAsync(open, longest - time.GetElapsedTime(started), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error) && !cancellationToken.IsCancellationRequested)
            {
                var waited = time.GetElapsedTime(started);
                if (!RedisErrors.IsTransient(error))
                {
                    throw RedisFaults.Translate(subject, error);
                }

                if (waited >= longest)
                {
                    throw RedisFaults.Translate($"{subject} was tried for {waited.TotalSeconds:0.#} s (StartTimeout). It", error);
                }

                Log.CallWaitsForRedis(logger, subject, waited.TotalSeconds, longest.TotalSeconds, error);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<T> AttemptAsync<T>(Func<CancellationToken, Task<T>> open, TimeSpan left, CancellationToken cancellationToken)
        where T : IAsyncDisposable
    {
        var attempt = open(cancellationToken);
        try
        {
            return await attempt.WaitAsync(left > LeastAttempt ? left : LeastAttempt, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!attempt.IsCompleted)
        {
            FireAndForget.Observe(CloseOnceOpenAsync(attempt));
            throw;
        }
    }

    private static async Task CloseOnceOpenAsync<T>(Task<T> attempt)
        where T : IAsyncDisposable
    {
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully)
        {
            await attempt.Result.DisposeAsync().ConfigureAwait(false);
        }
    }
}
