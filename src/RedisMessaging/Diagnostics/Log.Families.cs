using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2100, LogLevel.Error, "Consuming member {Member} of {Topic} as {Group} failed; other members are not affected, and it is tried again")]
    public static partial void MemberFailed(ILogger logger, string member, string topic, string group, Exception error);

    [LoggerMessage(2101, LogLevel.Warning, "The members of {Topic} can't be listed for {Group}: new members are found later; it is tried again")]
    public static partial void RegistryUnread(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(2102, LogLevel.Warning, "Topic {Topic}: {Count} members were lost from its registry; they are registered again")]
    public static partial void MembersRegisteredAgain(ILogger logger, string topic, int count);
}
