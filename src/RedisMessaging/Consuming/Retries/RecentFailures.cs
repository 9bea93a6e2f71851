using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Retries;

/// <summary>
/// What messages failed with lately in one consumer, for the dead letter of one that comes back after its last attempt. Bounded: the oldest
/// are forgotten first.
/// </summary>
internal sealed class RecentFailures
{
    private const int Most = 1_000;
    private const int MaxText = 512;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public void Note(string messageId, Exception error)
    {
        var text = BoundedText.Of(error);
        text = text.Length <= MaxText ? text : text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)];
        lock (_lock)
        {
            if (!_texts.ContainsKey(messageId))
            {
                _order.Enqueue(messageId);
            }

            _texts[messageId] = text;
            if (_order.Count > Most)
            {
                _texts.Remove(_order.Dequeue());
            }
        }
    }

    public string? Find(string messageId)
    {
        lock (_lock)
        {
            return _texts.GetValueOrDefault(messageId);
        }
    }
}
