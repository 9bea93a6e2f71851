using StackExchange.Redis;

namespace RedisMessaging.Configuration.Buses;

/// <summary>The options of a bus that code has set, and where: two modules may say the same, and nothing else.</summary>
/// <param name="bus">The name of the bus.</param>
internal sealed class GivenOptions(string? bus)
{
    private readonly Dictionary<string, (object? Value, CallPlace? Place)> _given = new(StringComparer.Ordinal);

    /// <summary>Notes a value.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="RedisMessagingConfigurationException">Another call has set another one; the text names both.</exception>
    public T Agree<T>(T value, string option, CallPlace? place)
    {
        if (_given.TryGetValue(option, out var before) && before.Place != place && !Equals(before.Value, value))
        {
            throw new RedisMessagingConfigurationException(
                $"{option} of {BusName.Describe(bus)} is set to {Show(before.Value)} by {before.Place}, and to {Show(value)} by {place}. "
                + "Set it in one place, or give one of them a bus of its own: AddRedisMessaging(\"name\", …).");
        }

        _given[option] = (value, place);
        return value;
    }

    /// <summary>Options of a connection may hold a password.</summary>
    private static string Show(object? value) => value is ConfigurationOptions ? "an instance" : $"'{value ?? "null"}'";
}
