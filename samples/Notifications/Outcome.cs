namespace Notifications;

/// <param name="Situation">Who, and what they did meanwhile.</param>
/// <param name="Sent">What was sent to them.</param>
/// <param name="Shown">What they were shown of it, in its order, and anything else that they were shown.</param>
internal sealed record Outcome(string Situation, IReadOnlyList<string> Sent, IReadOnlyList<string> Shown)
{
    /// <summary>The newest so many of what was sent, in order, each once, and nothing else.</summary>
    public bool IsTheNewest(int count) => Shown.SequenceEqual(Sent.TakeLast(count));
}
