using System.Collections.Concurrent;
using System.Net;

namespace RedisMessaging.Testing;

/// <summary>Which commands the tests' server knows, for tests that need those of a newer one.</summary>
public static class ServerCommands
{
    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    /// <param name="command">A command, or a subcommand as <c>CLUSTER|MIGRATION</c>.</param>
    public static bool Know(string command) => Known.GetOrAdd(command, name => Task.Run(() => AskAsync(name)).GetAwaiter().GetResult());

    /// <summary>The reason to skip a test; <see langword="null"/> when the server knows the command.</summary>
    /// <param name="command">The command that the test needs.</param>
    /// <param name="needed">The servers that have it.</param>
    public static string? WhyWithout(string command, string needed) => Know(command) ? null : $"The server has no {command.Replace('|', ' ')}: this needs {needed}.";

    /// <summary>Of a command that it does not know, the server says nothing.</summary>
    private static async Task<bool> AskAsync(string command)
    {
        var server = (await RedisServer.SharedAsync()).ConnectionString;
        return IPEndPoint.TryParse(server, out _) && (await RedisReply.ToAsync(server, "COMMAND", "INFO", command)).Length > 0;
    }
}
