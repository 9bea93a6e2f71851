using System.Globalization;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// Reads <c>redis://[user:password@]host[:port][,host…][/database][?option=value…]</c>, with <c>rediss://</c> for TLS. StackExchange.Redis
/// does not know URLs: it would take one for a host's name, and show its password in errors. <see cref="Uri"/> is not used, since it
/// refuses several hosts.
/// </summary>
internal static partial class RedisUrl
{
    private const int DefaultPort = 6379;

    private const string Encode =
        "In user and password, percent-encode everything but letters, digits and - . _ ~ (Uri.EscapeDataString does).";

    /// <summary>Names that other clients use, and StackExchange.Redis' own.</summary>
    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["db"] = "defaultDatabase",
        ["database"] = "defaultDatabase",
        ["client_name"] = "name",
        ["clientName"] = "name",
        ["username"] = "user",
    };

    public static bool IsUrl(string text) => Scheme().IsMatch(text);

    /// <exception cref="RedisMessagingConfigurationException">It can't be read; the error says why, without user and password.</exception>
    public static ConfigurationOptions Parse(string url, string subject)
    {
        var scheme = Scheme().Match(url).Groups["scheme"].Value.ToUpperInvariant();
        if (scheme is not ("REDIS" or "REDISS" or "VALKEY" or "VALKEYS"))
        {
            throw ConnectionText.CantRead(
                subject,
                $"URLs that start with {scheme.ToLowerInvariant()}:// are not understood. Use redis://, rediss:// for TLS, or "
                + "\"host:6379,password=…\"; for Sentinels \"host:26379,serviceName=…\".");
        }

        var rest = url[(scheme.Length + 3)..];
        var end = rest.AsSpan().IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        var tail = end < 0 ? "" : rest[end..];
        if (tail.AsSpan().IndexOfAny('@', '#') >= 0)
        {
            throw ConnectionText.CantRead(subject, $"a '/', '?', '#' or '@' stands where the URL has no place for it. {Encode}");
        }

        var query = tail.IndexOf('?', StringComparison.Ordinal);
        var options = ReadQuery(query < 0 ? "" : tail[(query + 1)..], subject);
        ReadUser(options, authority, subject);
        foreach (var server in authority[(authority.LastIndexOf('@') + 1)..].Split(','))
        {
            if (!ConnectionText.IsHost(server.Trim(), out var host, out var port))
            {
                throw ConnectionText.CantRead(
                    subject,
                    $"its host or port is not one. It is not shown here, since it may belong to a password. {Encode} Options go behind a "
                    + "'?': redis://host:6379?abortConnect=false.");
            }

            options.EndPoints.Add(host, port ?? DefaultPort);
        }

        options.Ssl |= scheme is "REDISS" or "VALKEYS";
        ReadDatabase(options, query < 0 ? tail : tail[..query], subject);
        return options;
    }

    private static ConfigurationOptions ReadQuery(string query, string subject)
    {
        var parts = new List<string>();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = Decode(equals < 0 ? pair : pair[..equals], subject);
            key = Synonyms.GetValueOrDefault(key, key);
            var value = equals < 0 ? "" : Decode(pair[(equals + 1)..], subject);
            if (value.Contains(',', StringComparison.Ordinal))
            {
                throw ConnectionText.CantRead(subject, $"the value of '{key}' has a comma, which it can't have here.");
            }

            ConnectionText.CheckOption(subject, key, value, mayBePassword: false);
            if (parts.Exists(part => part.StartsWith(key + "=", StringComparison.OrdinalIgnoreCase)))
            {
                throw ConnectionText.CantRead(subject, $"it has '{key}' twice.");
            }

            parts.Add($"{key}={value}");
        }

        return parts.Count == 0 ? new ConfigurationOptions() : ConfigurationOptions.Parse(string.Join(',', parts));
    }

    private static void ReadUser(ConfigurationOptions options, string authority, string subject)
    {
        if (authority.LastIndexOf('@') is not (>= 0 and var at))
        {
            return;
        }

        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || colon > at)
        {
            throw ConnectionText.CantRead(
                subject,
                "before its '@' stands one word, which could be the user or the password. Write user:password@, or :password@.");
        }

        if (options.User is not null || options.Password is not null)
        {
            throw ConnectionText.CantRead(subject, "it has user and password before the '@' and behind the '?'. Leave one of them out.");
        }

        var (user, password) = (Decode(authority[..colon], subject), Decode(authority[(colon + 1)..at], subject));
        options.User = user.Length == 0 ? null : user;
        options.Password = password.Length == 0 ? null : password;
    }

    private static void ReadDatabase(ConfigurationOptions options, string path, string subject)
    {
        var text = path.Trim('/');
        if (text.Length == 0)
        {
            return;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var database))
        {
            throw ConnectionText.CantRead(
                subject,
                "behind its host stands something other than the number of a database, as in redis://host:6379/0.");
        }

        if (options.DefaultDatabase is { } other && other != database)
        {
            throw ConnectionText.CantRead(subject, $"it names the databases {database} and {other}. Leave one of them out.");
        }

        options.DefaultDatabase = database;
    }

    private static string Decode(string text, string subject) => BadEscape().IsMatch(text)
        ? throw ConnectionText.CantRead(
            subject,
            $"it has a '%' that two hexadecimal digits do not follow: a percent sign is written %25. {Encode}")
        : Uri.UnescapeDataString(text);

    [GeneratedRegex(@"^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")]
    private static partial Regex Scheme();

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})")]
    private static partial Regex BadEscape();
}
