namespace RedisMessaging.Diagnostics;

/// <summary>Stands in a log entry for an exception that can't be printed because its own members throw.</summary>
internal sealed class UnprintableException(string message) : Exception(message);
