using System.Buffers;

namespace RedisMessaging.Configuration.Topics;

/// <summary>Rules for topic names.</summary>
internal static class TopicName
{
    private const int MaxLength = 200;
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@*");

    /// <summary>Whether it is the name of a family: with <c>*</c> or <c>{parameter}</c>, well formed or not.</summary>
    public static bool IsPattern(string name) => name.AsSpan().IndexOfAny('*', '{', '}') >= 0;

    public static void Validate(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw new RedisMessagingConfigurationException("A topic's name is empty. Give it one like \"orders\".");
        }

        if (name.Length > MaxLength)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': the name has {name.Length} characters; use {MaxLength} at most.");
        }

        var plain = IsPattern(name) ? TopicPattern.Parse(name).Glob : name;
        var illegal = plain.AsSpan().IndexOfAnyExcept(Allowed);
        if (illegal >= 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}': the character '{plain[illegal]}' is not allowed; use letters, digits and . _ - : / @ (and * or "
                + $"{{parameter}} for a family of topics).");
        }
    }

    /// <summary>Whether a concrete name belongs to a pattern, as Redis' glob does: each <c>*</c> is any run of characters.</summary>
    public static bool Matches(string pattern, string name) => Matches(pattern.AsSpan(), name.AsSpan());

    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
