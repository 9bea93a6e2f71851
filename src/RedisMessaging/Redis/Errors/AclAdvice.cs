using System.Text.RegularExpressions;

namespace RedisMessaging.Redis.Errors;

/// <summary>Which ACL rule is missing, by what Redis says when it denies something.</summary>
internal static partial class AclAdvice
{
    /// <summary>The rule to add, as a sentence.</summary>
    /// <param name="refusal">What Redis said.</param>
    /// <param name="user">Whose rule it is; <see langword="null"/> when not known.</param>
    /// <param name="keys">A glob for the keys that are needed: Redis does not name the one it denied.</param>
    /// <param name="channels">A glob for the channels that are needed.</param>
    public static string For(string refusal, string? user, string keys, string channels)
    {
        if (DeniedCommand().Match(refusal) is { Success: true } match)
        {
            return Add(user, "+" + match.Groups["command"].Value.ToLowerInvariant());
        }

        if (refusal.Contains("channel", StringComparison.Ordinal))
        {
            return Add(user, "&" + channels);
        }

        return refusal.Contains("key", StringComparison.Ordinal)
            ? Add(user, "~" + keys)
            : Add(user, "… (commands as +name, keys as ~pattern, channels as &pattern)");
    }

    /// <summary>The rule to add for commands.</summary>
    public static string ForCommands(IEnumerable<string> commands, string? user) =>
        Add(user, string.Join(' ', commands.Select(command => "+" + command.ToLowerInvariant())));

    private static string Add(string? user, string rule) => $"Add the right: ACL SETUSER {user ?? "<user>"} {rule}";

    // Before 7.0.12: "this user has no permissions to run the 'x' command or its subcommand"; since: "… the 'x|y' command"; 7.2:
    // "User u has no permissions …".
    [GeneratedRegex(@"no permissions to run the '(?<command>[^']+)' command")]
    private static partial Regex DeniedCommand();
}
