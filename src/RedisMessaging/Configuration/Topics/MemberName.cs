namespace RedisMessaging.Configuration.Topics;

/// <summary>
/// Rules for the names of a family's members, which a program's users may choose: <c>notifications:bob@example.com</c>. Everything that
/// Redis takes as a key and a channel, save what means something else there: braces (a cluster's hash tags) and globs (subscriptions to
/// patterns, rights). Names are compared and stored as they are, code point by code point.
/// </summary>
internal static class MemberName
{
    private const int MaxLength = 512;
    private const string Reserved = @"{}*?[]\";

    /// <param name="name">The whole name of the member.</param>
    /// <param name="family">Whose member it would be.</param>
    /// <param name="parameter">The caller's parameter.</param>
    /// <exception cref="ArgumentException">It can't be a member's.</exception>
    public static void Validate(string name, string family, string parameter)
    {
        if (name.Length > MaxLength)
        {
            throw new ArgumentException(
                $"A member of topic '{family}' has a name of {name.Length} characters ('{name[..40]}…'); use {MaxLength} at most.",
                parameter);
        }

        for (var i = 0; i < name.Length; i++)
        {
            var character = name[i];
            if (char.IsControl(character))
            {
                throw new ArgumentException(
                    $"Topic '{family}' can have no member of this name: it has the control character U+{(int)character:X4} at {i + 1}.",
                    parameter);
            }

            if (char.IsHighSurrogate(character) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(character))
            {
                throw new ArgumentException(
                    $"Topic '{family}' can have no member of this name: it has half of a surrogate pair at {i + 1}, which no text has.",
                    parameter);
            }
            else if (Reserved.Contains(character, StringComparison.Ordinal))
            {
                throw new ArgumentException(
                    $"Topic '{family}' can have no member '{name}': the character '{character}' is not allowed; everything else is, save "
                    + $"* ? [ ] {{ }} \\ and control characters.",
                    parameter);
            }
        }
    }
}
