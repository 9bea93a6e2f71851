using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>What <see cref="ScopedHandler"/> handled, and in which scopes.</summary>
internal sealed class HandledNotes
{
    public ConcurrentQueue<(int Number, Guid Scope, Guid FilterScope)> All { get; } = new();
}
