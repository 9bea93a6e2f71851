using System.Buffers.Text;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>
/// What stands in front of a message that was handed out before: <c>rm~2⏎</c> after two recorded starts, <c>rm!2⏎</c> when its last owner died without
/// a verdict, <c>rm!02⏎</c> when the last of its starts was never settled (older versions read that as <c>rm!2⏎</c>). A list has no room for it elsewhere, and a list of its own could not wake a blocked BLMOVE, which has one source.
/// </summary>
/// <param name="Starts">How many starts are on record.</param>
/// <param name="Redelivered">Its last owner died without a verdict.</param>
/// <param name="IsSuspect">The last of its starts was never settled.</param>
internal readonly record struct AttemptPrefix(int Starts, bool Redelivered, bool IsSuspect = false)
{
    /// <summary>As it is written; nothing for a message that was never started.</summary>
    public RedisValue Text => Redelivered || Starts > 0 ? ExplicitText : "";

    /// <summary>As it is written where every message has one, because a message may look like a mark.</summary>
    public RedisValue ExplicitText => IsSuspect ? $"rm!0{Starts}\n" : Redelivered ? $"rm!{Starts}\n" : $"rm~{Starts}\n";

    /// <summary>Splits a list element.</summary>
    public static AttemptPrefix Read(ReadOnlyMemory<byte> element, out ReadOnlyMemory<byte> frame)
    {
        var span = element.Span;
        if (span.Length > 4 && span[0] == 'r' && span[1] == 'm' && span[2] is (byte)'~' or (byte)'!'
            && Utf8Parser.TryParse(span[3..], out int starts, out var digits) && 3 + digits < span.Length && span[3 + digits] == '\n')
        {
            frame = element[(3 + digits + 1)..];
            return new AttemptPrefix(starts, span[2] == '!', span[2] == '!' && digits > 1 && span[3] == '0');
        }

        frame = element;
        return default;
    }

    /// <summary>What a message goes back with: one that this consumer started, and survived, is no suspect any more.</summary>
    public static AttemptPrefix For(in Settlement settlement) =>
        new(settlement.Starts, settlement.Delivery.Redelivered && settlement.IsUnstarted, settlement.Delivery.IsSuspect && settlement.IsUnstarted);
}
