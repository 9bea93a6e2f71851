namespace RedisMessaging;

/// <summary>How fast a process starts handlers: see <see cref="ConsumerOptions.RateLimit"/>.</summary>
/// <param name="Messages">How many messages in <paramref name="Per"/>, and how many at once after a while without any. At least 1.</param>
/// <param name="Per">In how much time. More than zero, at most one day.</param>
public sealed record RateLimit(int Messages, TimeSpan Per)
{
    private static readonly TimeSpan MaxPer = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public override string ToString() => $"{Messages} in {Per}";

    internal void Validate(string topic, string group)
    {
        if (Messages < 1)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', group '{group}': RateLimit allows {Messages} messages; it must be 1 at least. To handle none for a "
                    + $"while, pause the topic: Topic(\"{topic}\").PauseAsync().");
        }

        if (Per <= TimeSpan.Zero || Per > MaxPer)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', group '{group}': RateLimit counts messages per {Per}; it must be more than zero and at most "
                    + $"{MaxPer.TotalHours} hours.");
        }
    }
}
