using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>One <see cref="ConsumerOptions.PauseOn{TException}"/>.</summary>
/// <param name="Type">The exception's type.</param>
/// <param name="After">How many failures in a row open the circuit.</param>
/// <param name="PauseFor">For how long the consumer is paused then.</param>
/// <param name="Matches">Whether an exception counts. The user's code: it may throw.</param>
internal sealed record PauseRule(Type Type, int After, TimeSpan PauseFor, Func<Exception, bool> Matches)
{
    private const int MaxFailures = 10_000;

    private static readonly TimeSpan MaxPause = TimeSpan.FromDays(1);

    /// <summary>As a log entry and an error call it.</summary>
    public string Name => $"PauseOn<{TypeName.Of(Type)}>";

    /// <exception cref="RedisMessagingConfigurationException">A value is out of its range.</exception>
    public void Validate(string topic, string handler)
    {
        if (After is < 1 or > MaxFailures)
        {
            throw Wrong("after", After, $"be between 1 and {MaxFailures}");
        }

        if (PauseFor <= TimeSpan.Zero || PauseFor > MaxPause)
        {
            throw Wrong("pauseFor", PauseFor, $"be above 0 and {MaxPause} at most");
        }

        RedisMessagingConfigurationException Wrong(string name, object value, string rule) =>
            new($"Topic '{topic}', {handler}: {name} of {Name} is {value}; it must {rule}.");
    }
}
