namespace RedisMessaging.Redis.Scripting;

/// <summary>Names the script that a method calls. A test compares the method's parameters with the script's header.</summary>
/// <param name="name">The script's file, without .lua.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LuaScriptAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
