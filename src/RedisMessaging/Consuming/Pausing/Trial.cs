namespace RedisMessaging.Consuming.Pausing;

/// <summary>The right to start the one handler that a consumer tries after a pause. Compared by reference.</summary>
internal sealed class Trial;
