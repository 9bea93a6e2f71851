namespace Chat;

/// <summary>A part of a room's history, the oldest first.</summary>
/// <param name="Position">How far it goes: where to ask for what comes next.</param>
/// <param name="More">Whether there is more behind it.</param>
public sealed record HistoryPage(IReadOnlyList<ChatLine> Lines, string Position, bool More);
