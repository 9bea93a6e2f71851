using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>
/// What the bus promises over every transport, each promise a test on a real Redis. What a transport declares (<see cref="TransportFixture.Capabilities"/>)
/// chooses the tests: see <see cref="ContractFactAttribute"/>.
/// </summary>
public abstract partial class TransportContract<TFixture>(string protocol, ITestOutputHelper output) : ContractTest(new TFixture(), protocol, output)
    where TFixture : TransportFixture, new()
{
    [ContractFact]
    public void The_fixture_declares_what_the_library_declares()
    {
        var factory = TransportCatalog.Get(Fixture.Kind);
        var options = factory.CreateOptions();
        Fixture.Configure(options);

        factory.Describe(options).Should().Be(Fixture.Capabilities);
    }
}
