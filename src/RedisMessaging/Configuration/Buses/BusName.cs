namespace RedisMessaging.Configuration.Buses;

/// <summary>The name of a bus: its key in the container, the name of its options, and a part of its log category.</summary>
internal static class BusName
{
    private const int Longest = 100;

    /// <exception cref="RedisMessagingConfigurationException">It is not allowed; the text says what is.</exception>
    public static void Validate(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > Longest || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            throw new RedisMessagingConfigurationException(
                $"'{name}' is not allowed as the name of a bus; use 1 to {Longest} ASCII letters, digits and . _ - "
                + "The name comes first: AddRedisMessaging(\"orders\", \"localhost:6379\", …).");
        }
    }

    /// <summary>In the middle of a sentence.</summary>
    public static string Describe(string? name) => name is null ? "the bus without a name" : $"the bus '{name}'";

    /// <summary>How it is added: the start of a call.</summary>
    public static string DescribeCall(string? name, string method) => name is null ? $"{method}(" : $"{method}(\"{name}\", ";
}
