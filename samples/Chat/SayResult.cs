namespace Chat;

/// <summary>What became of a message that a page sent.</summary>
/// <param name="Stored">It is in the stream. If it is not, and there is no <paramref name="Refusal"/>, the same may succeed later.</param>
/// <param name="Refusal">Why it will not be taken.</param>
public sealed record SayResult(bool Stored, string? Refusal = null);
