using RedisMessaging;

namespace Chat;

/// <summary>A message as a page gets it.</summary>
/// <param name="Position">Its place in the room's stream: a page that has seen it asks for what comes after.</param>
/// <param name="Id">The id that its author's page gave it, by which that page knows that it has arrived.</param>
/// <param name="At">When Redis stored it, in milliseconds since 1970.</param>
public sealed record ChatLine(string Position, string Id, string Name, string Text, long At)
{
    /// <returns><see langword="null"/> when it can't be read.</returns>
    internal static ChatLine? Of(HistoryEntry<ChatMessage> entry) => entry.TryGetMessage(out var message)
        ? new ChatLine(entry.Position, entry.Context!.MessageId, message.Name, message.Text, entry.StoredAt.ToUnixTimeMilliseconds())
        : null;
}
