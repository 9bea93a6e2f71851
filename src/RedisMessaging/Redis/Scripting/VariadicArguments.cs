using StackExchange.Redis;

namespace RedisMessaging.Redis.Scripting;

/// <summary>The arguments of a script behind its fixed ones.</summary>
internal readonly struct VariadicArguments
{
    private readonly RedisValue[]? _all;
    private readonly List<RedisValue>? _list;
    private readonly int _room;

    /// <summary>Leaves room for the fixed arguments in front, so that a call needs one array.</summary>
    /// <param name="room">How many fixed arguments the script takes.</param>
    public VariadicArguments(int room, int count)
    {
        _room = room;
        _all = new RedisValue[room + count];
    }

    private VariadicArguments(RedisValue[]? all, List<RedisValue>? list)
    {
        _all = all;
        _list = list;
    }

    public Span<RedisValue> Values => _all.AsSpan(_room);

    public static implicit operator VariadicArguments(RedisValue[] values) => new(values, null);

    public static implicit operator VariadicArguments(List<RedisValue> values) => new(null, values);

    /// <summary>All arguments of the call: the fixed ones, then these.</summary>
    public RedisValue[] Behind(params ReadOnlySpan<RedisValue> first)
    {
        if (_list is not null)
        {
            return [.. first, .. _list];
        }

        if (_room == 0)
        {
            return first.IsEmpty ? _all ?? [] : [.. first, .. _all ?? []];
        }

        if (_room != first.Length)
        {
            throw new InvalidOperationException($"There is room for {_room} fixed arguments, and the script takes {first.Length}.");
        }

        first.CopyTo(_all);
        return _all!;
    }
}
