using System.Collections;

namespace RedisMessaging.Tests.Support;

/// <summary>An exception whose own members throw.</summary>
internal sealed class BrokenException(bool hasMessage = false) : Exception
{
    public override string Message => hasMessage ? "readable" : throw new InvalidOperationException("Message threw.");

    public override string? StackTrace => throw new InvalidOperationException("StackTrace threw.");

    public override IDictionary Data => throw new InvalidOperationException("Data threw.");

    public override string ToString() => throw new InvalidOperationException("ToString threw.");
}
