using System.Reflection;
using Xunit.Sdk;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>A theory's row with the provider <c>PostgreSQL</c>, where a server is named that databases can be made on and removed from.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresDataAttribute : DataAttribute
{
    /// <summary>The environment variable with a connection string without a database: <c>Host=127.0.0.1;Username=todo;Password=…</c>.</summary>
    public const string Variable = "TODO_TEST_POSTGRES";

    public PostgresDataAttribute() => Skip = Connection is null ? $"{Variable} names no PostgreSQL (Host=127.0.0.1;Username=…;Password=…)." : null;

    public static string? Connection => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } connection ? connection : null;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [["PostgreSQL"]];
}
