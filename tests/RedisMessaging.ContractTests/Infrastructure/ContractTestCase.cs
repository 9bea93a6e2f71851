using System.Reflection;
using Xunit.Sdk;

namespace RedisMessaging.ContractTests;

/// <summary>A test that knows for which transport it runs, because its reason to be skipped depends on that.</summary>
public sealed class ContractTestCase : XunitTestCase
{
    [Obsolete("For xunit, which fills it afterwards.")]
    public ContractTestCase()
    {
    }

    public ContractTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod method)
        : base(messages, display, displayOptions, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute) ?? TestMethod.Method.ToRuntimeMethod().GetCustomAttribute<ContractFactAttribute>()!.SkipReason(FixtureOf(TestMethod.TestClass.Class.ToRuntimeType()));

    private static TransportFixture FixtureOf(Type testClass)
    {
        for (var type = testClass; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(TransportContract<>))
            {
                return (TransportFixture)Activator.CreateInstance(type.GetGenericArguments()[0])!;
            }
        }

        throw new InvalidOperationException($"{testClass} is no TransportContract.");
    }
}
