using RedisMessaging.Diagnostics;

namespace RedisMessaging;

/// <summary>
/// The request's handler failed, in whatever process it ran: its exception's type and text came as the reply. Its stack trace stays in that
/// process's log.
/// </summary>
public sealed class RemoteRequestException : RequestException
{
    internal RemoteRequestException(string topic, string messageId, string remoteType, string remoteMessage)
        : base(
            $"The handler of request '{messageId}' on topic '{topic}' failed with {BoundedText.Name(remoteType)}: "
                + $"{BoundedText.Cut(remoteMessage)}",
            topic,
            messageId)
    {
        RemoteType = BoundedText.Name(remoteType);
        RemoteMessage = BoundedText.Cut(remoteMessage);
    }

    /// <summary>
    /// The full name of the remote exception's type (<c>System.InvalidOperationException</c>). It need not be known to this process.
    /// </summary>
    public string RemoteType { get; }

    /// <summary>The remote exception's text; of more than 8 KiB as much as that, and how long it was.</summary>
    public string RemoteMessage { get; }
}
