using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.ServerChecks;

/// <summary>
/// Whether a server can do something that older ones can't: found out by trying, never by its version, and found out again where it was
/// refused, since another server may have taken over.
/// </summary>
/// <param name="ask">Tries it, and changes nothing.</param>
/// <param name="isKnown">What is taken for granted until a server refuses it.</param>
internal sealed class TriedVerb(Func<IDatabase, Task<bool>> ask, TimeProvider time, bool isKnown = false)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(5);

    /// <summary>Beyond that nothing is under way any more that was sent before the first refusal.</summary>
    private static readonly TimeSpan LongestDoubt = TimeSpan.FromSeconds(1);

    private Task? _asking;
    private long _refusedAt;
    private volatile bool _isKnown = isKnown;
    private volatile bool _isRefused;

    /// <summary>Whether to rely on it. Where that is open, it is found out meanwhile: callers do not wait for it.</summary>
    /// <param name="isAnotherAttempt">Whether it is for what failed before.</param>
    public bool IsKnown(IDatabase database, bool isAnotherAttempt)
    {
        if (_isKnown && _isRefused && (isAnotherAttempt || time.GetElapsedTime(Volatile.Read(ref _refusedAt)) > LongestDoubt))
        {
            _isKnown = false;
        }

        if (!_isKnown
            && _asking is null or { IsCompleted: true }
            && (!_isRefused || time.GetElapsedTime(Volatile.Read(ref _refusedAt)) > AskAgain))
        {
            _asking = AskAsync(database);
        }

        return _isKnown;
    }

    /// <summary>Finds out now. What fails is left open.</summary>
    public async Task AskAsync(IDatabase database)
    {
        try
        {
            _isKnown = await ask(database).ConfigureAwait(false);
            Refuse(!_isKnown);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // Who may not ask has to do without. Anything else passes, and is asked again then.
            Refuse(RedisErrors.IsDenied(error));
        }
    }

    /// <summary>
    /// A server refused it after all. What is sent meanwhile still relies on it, and is refused as well: it would overtake what was
    /// refused. The next attempt at that does without.
    /// </summary>
    /// <returns>Whether this is the first time.</returns>
    public bool Doubt()
    {
        var isNews = _isKnown && !_isRefused;
        if (isNews)
        {
            Refuse(true);
        }

        return isNews;
    }

    private void Refuse(bool isRefused)
    {
        Volatile.Write(ref _refusedAt, time.GetTimestamp());
        _isRefused = isRefused;
    }
}
