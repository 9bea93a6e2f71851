namespace RedisMessaging.Redis.ServerChecks;

/// <summary>Something about a server that keeps the bus from starting.</summary>
/// <param name="Text">What is wrong and how to put it right.</param>
/// <param name="MayBeWarning">Whether <see cref="OnUnsafeServer.Warn"/> lets the bus start nevertheless.</param>
internal readonly record struct ServerFinding(string Text, bool MayBeWarning);
