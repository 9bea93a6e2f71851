using System.Globalization;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Keys;

/// <summary>
/// Looks at start-up whether a topic's keys are what its transport makes of them, and whether the user may do what consuming takes: one
/// round trip.
/// </summary>
internal static class TopicCheck
{
    private const string NoKey = "none";

    /// <summary>For a process that consumes: stamps a topic that has no version yet.</summary>
    /// <exception cref="RedisMessagingConfigurationException">Another layout, a key that holds something else, or a missing
    /// right.</exception>
    public static async ValueTask ForConsumerAsync(TransportContext context, IDatabase database, TopicLayout layout)
    {
        RedisResult reply;
        try
        {
            RedisValue[] commands = [.. layout.Commands.Select(command => (RedisValue)command)];
            reply = await RunAsync(database, layout, stamps: true, commands).ConfigureAwait(false);
        }
        catch (RedisServerException error) when (RedisErrors.Classify(error) is FaultKind.NoPermission)
        {
            var advice = AclAdvice.For(
                BoundedText.MessageOf(error),
                context.Connections.User,
                context.Keys.Pattern,
                context.Prefix + context.Topic);
            throw new RedisMessagingConfigurationException(
                $"Topic '{context.Topic}': Redis refuses user '{context.Connections.User}' what its {layout.Name} needs. "
                + $"{BoundedText.MessageOf(error)}; the keys are {string.Join(", ", layout.Keys.Select(key => $"'{key.Key}'"))}. {advice}",
                error);
        }

        var denied = (string)reply[0]!;
        if (denied.Length > 0)
        {
            var commands = denied.Split(',');
            throw new RedisMessagingConfigurationException(
                $"Topic '{context.Topic}': Redis refuses user '{context.Connections.User}' "
                + $"{(commands.Length == 1 ? "a command" : "commands")} that consuming from its {layout.Name} needs: "
                + $"{string.Join(", ", commands.Select(command => command.Replace('|', ' ')))}. "
                + $"{AclAdvice.ForCommands(commands, context.Connections.User)}");
        }

        var unknown = (string)reply[1]!;
        if (unknown.Length > 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{context.Topic}': the server does not know what consuming from its {layout.Name} needs: "
                + $"{unknown.Replace('|', ' ').Replace(",", ", ", StringComparison.Ordinal)}. RedisMessaging needs Redis 7.0 or Valkey "
                + "7.2 at least, without a rename-command for these.");
        }

        Judge(context, layout, reply);
    }

    /// <summary>For a process that does not consume: a user who may only publish need not be able to look.</summary>
    /// <exception cref="RedisMessagingConfigurationException">Another layout, or a key that holds something else.</exception>
    public static async ValueTask ForPublisherAsync(TransportContext context, IDatabase database, TopicLayout layout)
    {
        try
        {
            Judge(context, layout, await RunAsync(database, layout, stamps: false, []).ConfigureAwait(false));
        }
        catch (RedisServerException error) when (RedisErrors.IsDenied(error))
        {
        }
    }

    private static Task<RedisResult> RunAsync(IDatabase database, TopicLayout layout, bool stamps, RedisValue[] commands) =>
        TopicCalls.Check(layout.Stamp, [.. layout.Keys.Select(key => key.Key)], layout.Version, stamps ? 1 : 0, commands).RunAsync(database);

    private static void Judge(TransportContext context, TopicLayout layout, RedisResult reply)
    {
        RequireType(context, layout, layout.Stamp, "string", (string)reply[3]!);
        for (var i = 0; i < layout.Keys.Count; i++)
        {
            RequireType(context, layout, layout.Keys[i].Key, layout.Keys[i].Type, (string)reply[i + 4]!);
        }

        var stamp = (string)reply[2]!;
        if (stamp.Length > 0)
        {
            RequireLayout(context, layout, stamp);
        }
    }

    /// <summary>Only the very same: processes of both layouts would take each other's keys for their own, or for nobody's.</summary>
    private static void RequireLayout(TransportContext context, TopicLayout layout, string stamp)
    {
        if (!int.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version > layout.Version)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{context.Topic}': its {layout.Name} has the key layout {stamp}, and this version of RedisMessaging knows up to "
                + $"{layout.Version}. Upgrade this process before it uses the topic.");
        }

        if (version < layout.Version)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{context.Topic}': its {layout.Name} has the older key layout {stamp}, and this version of RedisMessaging works "
                + $"with {layout.Version}. Let the processes of the older version handle what is left, stop all of them, delete the key "
                + $"'{layout.Stamp}', and start this one then.");
        }
    }

    private static void RequireType(TransportContext context, TopicLayout layout, RedisKey key, string expected, string actual)
    {
        if (actual != NoKey && actual != expected)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{context.Topic}': the key '{key}' holds a {actual}, but the topic's {layout.Name} keeps a {expected} there. "
                + "Another program uses that name: delete or rename the key, or give this program another KeyPrefix.");
        }
    }
}
