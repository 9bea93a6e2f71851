namespace RedisMessaging.Load.Messages;

/// <summary>What is sent: an ordinary small message, about 256 bytes of JSON.</summary>
internal sealed class LoadMessage
{
    /// <summary>When its publisher started to send it, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> has it: one clock for all processes of a machine.</summary>
    public required long SentAt { get; init; }

    public required string Customer { get; init; }

    public required string Street { get; init; }

    public required string City { get; init; }

    public required string Product { get; init; }

    public required string Note { get; init; }

    public required int Quantity { get; init; }

    /// <param name="bytes">How long it is as JSON, roughly; 256 at least.</param>
    public static LoadMessage Create(long sentAt, int bytes = 256) => new()
    {
        SentAt = sentAt,
        Customer = "Seoyeon Kim",
        Street = "21 Sejong-daero, Jung-gu",
        City = "Seoul",
        Product = "Desk lamp, brass, with a linen shade",
        Note = bytes <= 256 ? "Please ring twice and leave it with the neighbour if nobody is at home." : Filler(bytes),
        Quantity = 3,
    };

    private static string Filler(int bytes)
    {
        if (_filler.Length != bytes - 185)
        {
            _filler = new string('x', bytes - 185);
        }

        return _filler;
    }

    private static string _filler = "";
}
