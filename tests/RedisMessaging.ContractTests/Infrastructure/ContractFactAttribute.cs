using Xunit.Sdk;

namespace RedisMessaging.ContractTests;

/// <summary>A test of the contract. Where the transport declares that the behaviour is none of its, the test is reported as skipped, with the declaration as the reason.</summary>
[XunitTestCaseDiscoverer("RedisMessaging.ContractTests.ContractFactDiscoverer", "RedisMessaging.ContractTests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContractFactAttribute : FactAttribute
{
    /// <summary>The property of <see cref="TransportCapabilities"/> without which the test is impossible.</summary>
    public string? Requires { get; set; }

    /// <summary>The property of <see cref="TransportCapabilities"/> with which the test is impossible: it shows how its lack is told.</summary>
    public string? Without { get; set; }

    public string? SkipReason(TransportFixture fixture)
    {
        if (Requires is not null && !Has(fixture.Capabilities, Requires))
        {
            return $"{fixture.Kind} declares no {Requires}.";
        }

        if (Requires is not null && fixture.WhyNot(Requires) is { } why)
        {
            return why;
        }

        return Without is not null && Has(fixture.Capabilities, Without) ? $"{fixture.Kind} declares {Without}." : null;
    }

    private static bool Has(TransportCapabilities capabilities, string name)
    {
        var property = typeof(TransportCapabilities).GetProperty(name) ?? throw new InvalidOperationException($"TransportCapabilities has no {name}.");
        return property.GetValue(capabilities) is true or TimeSpan;
    }
}
