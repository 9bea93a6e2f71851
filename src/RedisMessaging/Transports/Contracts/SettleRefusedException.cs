using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Contracts;

/// <summary>
/// Redis refused some verdicts of a batch and carried out the others: a missing right, a key that holds something else. What is refused is left as it was, and may be settled again.
/// </summary>
/// <param name="refused">The verdicts that are not carried out.</param>
/// <param name="owned">How many of the others were still this receiver's.</param>
/// <param name="error">What Redis said to the first of them.</param>
internal sealed class SettleRefusedException(Settlement[] refused, int owned, Exception error) : RedisException(BoundedText.MessageOf(error), error)
{
    public Settlement[] Refused => refused;

    public int Owned => owned;
}
