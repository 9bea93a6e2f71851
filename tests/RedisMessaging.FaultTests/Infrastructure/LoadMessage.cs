namespace RedisMessaging.FaultTests;

/// <param name="Publisher">Which publisher sent it.</param>
/// <param name="Number">Its place among that publisher's messages.</param>
/// <param name="Filler">Makes it as large as a row wants it.</param>
public sealed record LoadMessage(int Publisher, int Number, string? Filler = null)
{
    internal MessageKey Key => new(Publisher, Number);
}
