namespace RedisMessaging.FaultTests;

internal readonly record struct MessageKey(int Publisher, int Number)
{
    public override string ToString() => $"{Publisher}/{Number}";
}
