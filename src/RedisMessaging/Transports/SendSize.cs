namespace RedisMessaging.Transports;

/// <summary>Where one script for many messages is faster than a command for each.</summary>
internal static class SendSize
{
    /// <summary>A script keeps the server from everybody else.</summary>
    public const int MostPerScript = 256;

    private const int FewestPerScript = 4;

    /// <summary>Lua copies what it is given: beyond this many bytes a message, that costs more than a command.</summary>
    private const int MostBytesPerMessage = 1024;

    public static bool SuitsScript(ReadOnlySpan<OutgoingFrame> frames)
    {
        if (frames.Length < FewestPerScript)
        {
            return false;
        }

        long bytes = 0;
        foreach (ref readonly var frame in frames)
        {
            bytes += frame.Bytes.Length;
        }

        return bytes <= (long)MostBytesPerMessage * frames.Length;
    }
}
