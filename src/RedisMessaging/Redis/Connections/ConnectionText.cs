using System.Globalization;
using System.Net;
using RedisMessaging.Configuration.Settings;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// Reads a connection string. StackExchange.Redis takes nearly everything for a host's name and leaves out silently what it can't read, so
/// each part is looked at first. No error shows what may be a password, or a part of one.
/// </summary>
internal static class ConnectionText
{
    private const string Example = "\"localhost:6379,password=…\" or \"redis://user:password@localhost:6379\"";

    /// <summary>StackExchange.Redis' options, for suggestions: whether it knows another one, it decides.</summary>
    private static readonly string[] KnownOptions =
    [
        "abortConnect", "allowAdmin", "asyncTimeout", "channelPrefix", "checkCertificateRevocation", "configChannel",
        "configCheckSeconds", "connectRetry", "connectTimeout", "defaultDatabase", "highIntegrity", "keepAlive", "name", "password",
        "protocol", "proxy", "resolveDns", "serviceName", "setlib", "ssl", "sslHost", "sslProtocols", "syncTimeout", "tiebreaker", "tunnel",
        "user", "version",
    ];

    /// <param name="text">The string.</param>
    /// <param name="origin">Where it comes from: a path in the configuration.</param>
    /// <exception cref="RedisMessagingConfigurationException">It can't be read; the error says why, without a password.</exception>
    public static ConfigurationOptions Parse(string text, string? origin)
    {
        var subject = $"The Redis connection string{(origin is null ? "" : $" ({origin})")}";
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new RedisMessagingConfigurationException(
                $"{subject} is empty. Give one like {Example}, or set Connection in the configuration section.");
        }

        text = text.Trim();
        if (RedisUrl.IsUrl(text))
        {
            return RedisUrl.Parse(text, subject);
        }

        var hasHost = false;
        var hasPassword = false;
        var isBehindPassword = false;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals)
            {
                CheckOption(subject, part[..equals].Trim(), part[(equals + 1)..].Trim(), hasPassword);
                isBehindPassword = part[..equals].Trim().Equals("password", StringComparison.OrdinalIgnoreCase);
                hasPassword |= isBehindPassword;
            }
            else
            {
                // A host without a port, right behind the password of other hosts, is the rest of a password with a comma: errors would
                // show it as a host's name.
                CheckHost(subject, hasHost && isBehindPassword && !part.Contains(':', StringComparison.Ordinal) ? "" : part);
                hasHost = true;
                isBehindPassword = false;
            }
        }

        return hasHost ? ConfigurationOptions.Parse(text) : throw CantRead(subject, $"it names no server. Give one like {Example}.");
    }

    /// <summary>Whether StackExchange.Redis can read an option.</summary>
    /// <param name="mayBePassword">Whether a password stands before it, of which a comma would have made this a part.</param>
    public static void CheckOption(string subject, string key, string value, bool mayBePassword)
    {
        try
        {
            ConfigurationOptions.Parse($"{key}={value}");
        }
        catch (Exception error) when (error is ArgumentException or FormatException or NotSupportedException)
        {
            throw error is ArgumentException and not ArgumentOutOfRangeException
                ? CantRead(subject, ExplainUnknown(key, mayBePassword))
                : CantRead(subject, $"the value '{value}' of '{key}' is not one that StackExchange.Redis understands.");
        }
    }

    /// <summary>Whether a text is a host's name or address, with a port or without one.</summary>
    public static bool IsHost(string text, out string host, out int? port)
    {
        (host, port) = (text, null);
        if (text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
        {
            host = text[1..end];
            return IPAddress.TryParse(host, out _)
                && (end == text.Length - 1 || (text[end + 1] == ':' && TryReadPort(text[(end + 2)..], out port)));
        }

        if (IPAddress.TryParse(text, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            return true;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        host = colon < 0 ? text : text[..colon];
        return host.Length > 0
            && host.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.')
            && (colon < 0 || TryReadPort(text[(colon + 1)..], out port));
    }

    public static RedisMessagingConfigurationException CantRead(string subject, string why) => new($"{subject} can't be read: {why}");

    /// <summary>What to say of an option that does not exist.</summary>
    private static string ExplainUnknown(string key, bool mayBePassword)
    {
        if (Spelling.Nearest(key, KnownOptions) is { } meant)
        {
            return $"it has an unknown option '{key}'. Did you mean '{meant}'?";
        }

        return mayBePassword
            ? "behind the password stands something that is not an option. It is not shown here, since it may belong to the password: a "
                + "comma ends a password. Use a redis:// URL, with %2C for a comma, or ConfigurationOptions."
            : $"it has an unknown option '{key}'. Known options: {string.Join(", ", KnownOptions)}.";
    }

    private static void CheckHost(string subject, string part)
    {
        if (KnownOptions.Contains(part, StringComparer.OrdinalIgnoreCase) && part is "password" or "ssl" or "user")
        {
            throw CantRead(subject, $"the option '{part}' has no value. Write {part}=…");
        }

        if (part.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) || part.StartsWith('/'))
        {
            throw CantRead(subject, "Unix sockets are not supported. Name a host and a port.");
        }

        if (!IsHost(part, out _, out _))
        {
            throw CantRead(
                subject,
                "one of its parts is neither a host (\"host:6379\") nor an option (\"name=value\"). It is not shown here, since it may "
                + $"belong to a password, which can't hold a comma in this form. Give a string like {Example}.");
        }
    }

    private static bool TryReadPort(string text, out int? port)
    {
        port = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var read) && read is > 0 and <= ushort.MaxValue
            ? read
            : null;
        return port is not null;
    }
}
