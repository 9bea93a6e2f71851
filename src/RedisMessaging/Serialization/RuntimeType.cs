namespace RedisMessaging.Serialization;

/// <summary>The type that a message is looked up by: what it is, not what the variable is that it was given in.</summary>
internal static class RuntimeType
{
    /// <summary>A <c>T?</c> that is a value type stays one: its value says that it is a <c>T</c>.</summary>
    public static Type Of<T>(T message) => typeof(T).IsValueType ? typeof(T) : message!.GetType();
}
