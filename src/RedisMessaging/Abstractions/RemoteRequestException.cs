namespace RedisMessaging;

/// <summary>The request's handler failed, in whatever process it ran: its exception's type and text came as the reply. Its stack trace stays in that process's log.</summary>
public sealed class RemoteRequestException : RequestException
{
    internal RemoteRequestException(string topic, string messageId, string remoteType, string remoteMessage)
        : base($"The handler of request '{messageId}' on topic '{topic}' failed with {remoteType}: {remoteMessage}", topic, messageId)
    {
        RemoteType = remoteType;
        RemoteMessage = remoteMessage;
    }

    /// <summary>The full name of the remote exception's type (<c>System.InvalidOperationException</c>). It need not be known to this process.</summary>
    public string RemoteType { get; }

    /// <summary>The remote exception's text; cut after 4,096 characters.</summary>
    public string RemoteMessage { get; }
}
