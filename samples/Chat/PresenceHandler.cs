using RedisMessaging;

namespace Chat;

/// <summary>Hears what the servers announce, this one included.</summary>
internal sealed class PresenceHandler(Presence presence) : IMessageHandler<PresenceAnnounced>
{
    public ValueTask HandleAsync(PresenceAnnounced message, MessageContext context, CancellationToken cancellationToken)
    {
        presence.Hear(message);
        return ValueTask.CompletedTask;
    }
}
