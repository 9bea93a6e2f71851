using System.Text.RegularExpressions;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Errors;

/// <summary>
/// StackExchange.Redis ends its errors with the advice to set abortConnect=false, which is wrong here: the bus tries again by itself, and
/// StartWithoutRedis is its option for that.
/// </summary>
internal static partial class ConnectAdvice
{
    /// <summary>The error without that advice, which is what is logged and thrown.</summary>
    public static RedisConnectionException Without(RedisConnectionException error)
    {
        var text = Advice().Replace(BoundedText.MessageOf(error), "").Trim();
        return text == BoundedText.MessageOf(error) ? error : new RedisConnectionException(error.FailureType, text, error.InnerException);
    }

    [GeneratedRegex(@"To allow this multiplexer to continue retrying.*?in your code\.?", RegexOptions.Singleline)]
    private static partial Regex Advice();
}
