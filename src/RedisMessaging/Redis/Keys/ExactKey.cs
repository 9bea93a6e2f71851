namespace RedisMessaging.Redis.Keys;

/// <summary>Rules for <see cref="TopicOptions.Key"/>.</summary>
internal static class ExactKey
{
    private const int MaxLength = 512;

    /// <exception cref="RedisMessagingConfigurationException">The key can't be a topic's.</exception>
    public static void Validate(string topic, string key, bool isPattern)
    {
        if (isPattern)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': Key is '{key}', but the topic is a family, whose members can't share one key. Leave Key out, or add a "
                + "separate topic for that key.");
        }

        if (key.Length is 0 or > MaxLength || key.Any(char.IsControl))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': Key is '{key}'; use 1 to {MaxLength} characters without control characters.");
        }

        if (!HasTag(key) && key.AsSpan().IndexOfAny('{', '}') >= 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': Key is '{key}', whose braces are not a hash tag: the keys that the topic keeps beside it would be in "
                + $"another cluster slot. Use a key without braces, or with a tag like '{{shop}}:orders'.");
        }
    }

    /// <summary>
    /// Whether Redis takes a key's slot from a part of it: what stands between the first <c>{</c> and the next <c>}</c>, if anything does.
    /// </summary>
    public static bool HasTag(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        return open >= 0 && key.IndexOf('}', open) > open + 1;
    }
}
