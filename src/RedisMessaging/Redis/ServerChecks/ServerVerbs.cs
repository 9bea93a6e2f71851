using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.ServerChecks;

/// <summary>
/// Which newer verbs the server knows: asked of it once, when one could be used for the first time, and after a fault where it lacked one;
/// never concluded from its version.
/// </summary>
/// <param name="without">These are not used, whatever the server knows.</param>
internal sealed class ServerVerbs(NewerVerb without, ILogger logger)
{
    private const string NoSuchGroup = "redis-messaging:probe";

    // Of a group that does not exist, and behind the last entry that a stream can have: where it is carried out it finds nothing and
    // changes nothing.
    private static readonly object[] ReadClaimProbe = ["GROUP", NoSuchGroup, "probe", "COUNT", 1, "CLAIM", int.MaxValue, "STREAMS"];

    private readonly Lock _lock = new();
    private volatile NewerVerb _known;
    private volatile NewerVerb _asked;

    public bool Has(NewerVerb verb) => (_known & verb) != 0;

    /// <summary>Asks for <see cref="NewerVerb.ReadClaim"/> unless that is known.</summary>
    /// <param name="key">A stream, for whose sake it is asked: users may have a right to some keys only, and in a cluster it tells the
    /// node.</param>
    /// <param name="run">Sends a command.</param>
    public async ValueTask LookForReadClaimAsync(RedisKey key, Func<string, object[], ValueTask<RedisResult>> run)
    {
        if (((_asked | without) & NewerVerb.ReadClaim) != 0)
        {
            return;
        }

        try
        {
            await run("XREADGROUP", [.. ReadClaimProbe, key, "9223372036854775807-0"]).ConfigureAwait(false);
        }
        catch (RedisServerException error) when (RedisErrors.Classify(error) == FaultKind.NoGroup)
        {
            Note(NewerVerb.ReadClaim, known: true);
        }
        catch (RedisServerException error) when (RedisErrors.IsUnknownVerb(error))
        {
            Note(NewerVerb.ReadClaim, known: false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // It does not tell: asked again the next time.
        }
    }

    /// <summary>What the server answered to a verb that it knew until now: after a reconnect it may be another one, and older.</summary>
    /// <returns>Whether it does not know it any more. It did nothing then.</returns>
    public bool Lose(NewerVerb verb, RedisServerException error)
    {
        if (!RedisErrors.IsUnknownVerb(error))
        {
            return false;
        }

        if (Has(verb))
        {
            Note(verb, known: false);
            Log.VerbLost(logger, verb, error);
        }

        return true;
    }

    /// <summary>Whether the server knows a verb, as far as is known.</summary>
    public void Note(NewerVerb verb, bool known)
    {
        lock (_lock)
        {
            _known = known ? _known | verb : _known & ~verb;
            _asked |= verb;
        }
    }

    /// <summary>It may be another server by now: what the one before it did not know is asked again.</summary>
    public void AskAgain(NewerVerb verb)
    {
        lock (_lock)
        {
            _asked = Has(verb) ? _asked : _asked & ~verb;
        }
    }
}
