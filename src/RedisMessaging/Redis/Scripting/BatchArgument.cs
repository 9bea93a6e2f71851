using System.Globalization;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Scripting;

/// <summary>What a batch script is given before its frames.</summary>
/// <param name="Text">The same for all of them.</param>
/// <param name="Number">The number of the first frame, where they are numbered.</param>
internal readonly record struct BatchArgument(RedisValue Text, long? Number = null)
{
    /// <summary>For the call whose first frame stands at an index.</summary>
    public RedisValue At(int index) =>
        Number is { } number ? string.Create(CultureInfo.InvariantCulture, $"{Text} {number + index}") : Text;
}
