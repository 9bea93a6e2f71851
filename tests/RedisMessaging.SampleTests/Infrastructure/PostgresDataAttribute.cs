using System.Reflection;
using Xunit.Sdk;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>A theory's row with the provider <c>PostgreSQL</c>, where there is one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresDataAttribute : DataAttribute
{
    public PostgresDataAttribute() => Skip = PostgresServer.IsThere
        ? null
        : $"There is no PostgreSQL (apt-get install postgresql), and {PostgresServer.Variable} names none (Host=127.0.0.1;Username=…;Password=…).";

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [["PostgreSQL"]];
}
