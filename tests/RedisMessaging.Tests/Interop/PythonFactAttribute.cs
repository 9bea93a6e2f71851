namespace RedisMessaging.Tests.Interop;

/// <summary>A test against Python's redis module; where there is none it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = PythonRedis.Program is null ? "There is no Python with the module redis (pip install redis, or apt-get install python3-redis)." : null;
}
