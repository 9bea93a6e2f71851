namespace RedisMessaging.Diagnostics.Logging;

/// <summary>
/// What a log entry is about: the last part of its category. The thousands of its event id say it, so that an entry can't be in two areas.
/// </summary>
internal enum LogArea
{
    Bus = 1,
    Configuration = 2,
    Connections = 3,
    Publishing = 4,
    Consuming = 5,
    Requests = 6,
    Scheduling = 7,
    DeadLetters = 8,
    Topics = 9,
    PubSub = 10,
    Queue = 11,
    Stream = 12,
}
