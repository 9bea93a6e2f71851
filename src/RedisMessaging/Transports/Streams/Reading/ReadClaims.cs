using RedisMessaging.Background;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.ServerChecks;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Reading;

/// <summary>Whether reads take over entries that idled for longer than the lease (XREADGROUP … CLAIM), so that no sweep has to look for them.</summary>
internal sealed class ReadClaims
{
    private readonly StreamConsumer _consumer;
    private readonly ReadingConnection _connection;
    private readonly IntervalTimer _patience;

    public ReadClaims(StreamConsumer consumer, ReadingConnection connection)
    {
        _consumer = consumer;
        _connection = connection;
        _patience = new IntervalTimer(consumer.Context.Time, consumer.Lease / 4);
        // What a crashed predecessor of this process held may be due already.
        _patience.Force();
    }

    /// <summary>The server can do it.</summary>
    public bool ArePossible => Verbs.Has(NewerVerb.ReadClaim);

    /// <summary>The next read does it.</summary>
    public bool AreDue => ArePossible && _patience.IsDue;

    /// <summary>After how long a read should do it that does not do it now.</summary>
    public TimeSpan UntilDue => ArePossible ? _patience.Rest : TimeSpan.MaxValue;

    private ServerVerbs Verbs => _consumer.Context.Connections.Verbs;

    public ValueTask LookAsync() => Verbs.LookForReadClaimAsync(
        _consumer.Stream,
        (command, arguments) => _connection.RunAsync(command, database => database.ExecuteAsync(command, arguments)));

    /// <summary>
    /// A read failed. Others may have been cut off as well, and for longer than a lease: they get a moment to renew what they hold. A hold that is under way is not made longer, or who fails now and
    /// then would never take over anything.
    /// </summary>
    public void NoteFault()
    {
        if (_patience.IsDue)
        {
            _patience.Restart();
        }

        Verbs.AskAgain(NewerVerb.ReadClaim);
    }

    /// <summary>A read that was to do it was refused.</summary>
    /// <returns>Whether that is why. Then nothing was read, and the next read does not do it.</returns>
    public bool Lose(RedisServerException error) => Verbs.Lose(NewerVerb.ReadClaim, error);
}
