using System.Collections;

namespace RedisMessaging.ContractTests;

/// <summary>An exception whose own members throw.</summary>
internal sealed class BrokenException(bool hasMessage) : Exception
{
    public override string Message => hasMessage ? "readable" : throw new InvalidOperationException("Message of an exception threw.");

    public override string? StackTrace => throw new InvalidOperationException("StackTrace of an exception threw.");

    public override IDictionary Data => throw new InvalidOperationException("Data of an exception threw.");

    public override string ToString() => throw new InvalidOperationException("ToString of an exception threw.");
}
