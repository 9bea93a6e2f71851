using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information,
        "Topic {Topic}: configuration changed its transport from {Registered} to {Configured}, where these options set in code " +
        "have no effect: {Options}")]
    public static partial void TransportOptionsIgnored(
        ILogger logger, string topic, TransportKind registered, TransportKind configured, string options);

    [LoggerMessage(2001, LogLevel.Warning,
        "The configuration has settings of topic {Topic} ({Path}), which this process does not register: they have no effect here")]
    public static partial void UnknownTopicConfigured(ILogger logger, string topic, string path);

    [LoggerMessage(2002, LogLevel.Information,
        "The configuration section {Section}, which AddRedisMessaging was given, does not exist or is empty: the bus is set up by " +
        "code alone")]
    public static partial void SectionEmpty(ILogger logger, string section);

    [LoggerMessage(2003, LogLevel.Warning,
        "The configuration section {Similar} looks like one for AddRedisMessaging, but {Section} is read: what {Similar} says has " +
        "no effect")]
    public static partial void SimilarSection(ILogger logger, string similar, string section);

    [LoggerMessage(2004, LogLevel.Information,
        "Topic {Topic} is on {Transport}, where these settings of the configuration have no effect: {Settings}")]
    public static partial void SettingsIgnored(ILogger logger, string topic, TransportKind transport, string settings);

    [LoggerMessage(2005, LogLevel.Information,
        "Topic {Topic}: with what the configuration says, these options set in code have no effect: {Options}")]
    public static partial void OptionsIgnored(ILogger logger, string topic, string options);

    [LoggerMessage(2006, LogLevel.Warning,
        "The configuration has settings of {Member} ({Path}), which have no effect here: this process registers it as a member of " +
        "{Family}, and members have the settings of their family")]
    public static partial void MemberConfigured(ILogger logger, string member, string path, string family);

    [LoggerMessage(2007, LogLevel.Information, "Connecting with the connection string ConnectionStrings:{Name}, which is named by {Path}")]
    public static partial void ConnectionNamed(ILogger logger, string name, string path);

    [LoggerMessage(2008, LogLevel.Warning,
        "No topic is registered: nothing can be published or handled. Add topics in AddRedisMessaging (AddStream, AddQueue, " +
        "AddPubSub)")]
    public static partial void NoTopics(ILogger logger);

    [LoggerMessage(2009, LogLevel.Warning,
        "The bus exists for {Seconds:0} s and was not started: its {Count} handlers receive nothing until the host starts it. " +
        "Call StartAsync or RunAsync on the host that AddRedisMessaging was called for")]
    public static partial void HandlersNotStarted(ILogger logger, double seconds, int count);

    [LoggerMessage(2010, LogLevel.Information,
        "Topic {Topic}, group {Group}: OnGap is set and is never called on {Transport}, where messages wait for a consumer that " +
        "is away")]
    public static partial void GapsNeverReported(ILogger logger, string topic, string group, TransportKind transport);

    [LoggerMessage(2011, LogLevel.Information,
        "The configuration has settings of group {Group} on topic {Topic} ({Path}), for which this process registers no handler: " +
        "they apply to what subscribes with that group later")]
    public static partial void UnknownGroupConfigured(ILogger logger, string topic, string group, string path);

    [LoggerMessage(2012, LogLevel.Warning, "Topic {Topic}: group {Group} is paused by the configuration (Paused), and handles nothing")]
    public static partial void PausedByConfiguration(ILogger logger, string topic, string group);

    [LoggerMessage(2013, LogLevel.Warning,
        "{Bus} and {Other} use the same keys on the same server for these topics, so that each consumes what the other publishes: " +
        "{Topics}. If that is not intended, give one of them another KeyPrefix or database")]
    public static partial void BusesShareKeys(ILogger logger, string bus, string other, string topics);

    [LoggerMessage(2014, LogLevel.Information, "Topic {Topic}, group {Group}: the configuration changed. Used from now on: {Settings}")]
    public static partial void ReloadUsed(ILogger logger, string topic, string group, string settings);

    [LoggerMessage(2015, LogLevel.Warning,
        "Topic {Topic}, group {Group}: the configuration changed in settings that a running consumer can't follow. They take a " +
        "restart: {Settings}")]
    public static partial void ReloadOfConsumerNeedsRestart(ILogger logger, string topic, string group, string settings);

    [LoggerMessage(2016, LogLevel.Warning,
        "Topic {Topic}: the configuration changed in settings that a running bus can't follow. They take a restart: {Settings}")]
    public static partial void ReloadNeedsRestart(ILogger logger, string topic, string settings);

    [LoggerMessage(2017, LogLevel.Error, "The configuration changed and can't be used; what runs keeps its settings. {Reason}")]
    public static partial void ReloadRefused(ILogger logger, string reason);

    [LoggerMessage(2018, LogLevel.Warning,
        "The configuration changed in settings that a running bus can't follow. They take a restart: {Settings}")]
    public static partial void ReloadOfBusNeedsRestart(ILogger logger, string settings);
}
