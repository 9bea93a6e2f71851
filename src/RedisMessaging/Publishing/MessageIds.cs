namespace RedisMessaging.Publishing;

/// <summary>
/// Ids as a UUID of version 7 has them: the time in ms, then 74 random bits, as 32 hexadecimal digits. They have to be unique, not secret,
/// so they need no randomness of the system's, which costs more than the rest of a publish.
/// </summary>
internal static class MessageIds
{
    public static string At(DateTimeOffset now) => string.Create(32, now.ToUnixTimeMilliseconds(), static (digits, ms) =>
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes[6..]);
        for (var i = 5; i >= 0; i--, ms >>= 8)
        {
            bytes[i] = (byte)ms;
        }

        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        Convert.TryToHexStringLower(bytes, digits, out _);
    });
}
