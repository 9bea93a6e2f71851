namespace RedisMessaging.ContractTests;

/// <summary>A test that needs a command of newer servers; on others it is skipped, and says which server it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute
{
    /// <param name="command">The command.</param>
    /// <param name="needed">The servers that have it.</param>
    public ServerFactAttribute(string command, string needed)
    {
        Command = command;
        Needed = needed;
        Skip = ServerCommands.WhyWithout(command, needed);
    }

    public string Command { get; }

    public string Needed { get; }
}
