using StackExchange.Redis;

namespace RedisMessaging.Connections;

/// <summary>Whether a server can do something that older ones can't: found out by trying, never by its version, and found out again where it was refused, since another server may have taken over.</summary>
/// <param name="ask">Tries it, and changes nothing.</param>
/// <param name="isKnown">What is taken for granted until a server refuses it.</param>
internal sealed class TriedVerb(Func<IDatabase, Task<bool>> ask, TimeProvider time, bool isKnown = false)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(5);

    private Task? _asking;
    private long _refusedAt;
    private volatile bool _isKnown = isKnown;
    private volatile bool _isRefused;

    /// <summary>Whether it is certain that the server can. Where that is open, it is found out meanwhile: callers do not wait for it.</summary>
    public bool IsKnown(IDatabase database)
    {
        if (!_isKnown && _asking is null or { IsCompleted: true } && (!_isRefused || time.GetElapsedTime(Volatile.Read(ref _refusedAt)) > AskAgain))
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

    /// <summary>A server refused it after all.</summary>
    /// <returns>Whether it was thought to be able to.</returns>
    public bool Forget()
    {
        var was = _isKnown;
        _isKnown = false;
        Refuse(true);
        return was;
    }

    private void Refuse(bool isRefused)
    {
        Volatile.Write(ref _refusedAt, time.GetTimestamp());
        _isRefused = isRefused;
    }
}
