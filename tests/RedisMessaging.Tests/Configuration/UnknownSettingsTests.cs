using RedisMessaging.Configuration;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports;

namespace RedisMessaging.Tests.Configuration;

/// <summary>What is misspelt in the configuration is told.</summary>
public sealed class UnknownSettingsTests
{
    private static readonly string[] Names = ["orders", "news:*", "news:sport"];

    [Theory]
    [InlineData("orders:Transport")]
    [InlineData("ORDERS:lease")]
    [InlineData("news:*:BufferCapacity")]
    [InlineData("news:sport:Retention")]
    [InlineData("news:sport:retention:maxLength")]
    public void Every_setting_of_every_transport_is_known(string key) => Check(key, "1").Should().BeEmpty();

    [Theory]
    [InlineData("orders:Leese", "*'orders'*'Leese'*Lease*Transport*")]
    [InlineData("news:sport:transports", "*'news:sport'*'transports'*")]
    [InlineData("orders:Retention:MaxLenght", "*'orders'*'Retention:MaxLenght'*Retention:MaxLength*")]
    [InlineData("orders:Lease:Seconds", "*'orders'*'Lease:Seconds'*")]
    public void A_setting_that_there_is_not_is_refused(string key, string message)
    {
        var checking = () => Check(key, "1");

        checking.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);
    }

    [Fact]
    public void A_topic_that_is_not_here_is_told_of() => Check("ordres:Transport", "Queue").Should().Equal("ordres:Transport");

    [Fact]
    public void The_names_are_those_of_the_options_that_can_be_set()
    {
        foreach (var factory in TransportCatalog.All)
        {
            var settable = factory.CreateOptions().GetType().GetProperties().Where(property => property.SetMethod?.IsPublic == true).SelectMany(NamesOf);
            factory.SettingNames.Should().BeEquivalentTo(settable, factory.Kind.ToString());
        }
    }

    /// <summary>What is a record of its own is a section, and may be one word.</summary>
    private static IEnumerable<string> NamesOf(System.Reflection.PropertyInfo property) => property.PropertyType == typeof(Retention)
        ? [property.Name, .. typeof(Retention).GetProperties().Where(part => part.SetMethod is not null).Select(part => $"{property.Name}:{part.Name}")]
        : [property.Name];

    private static List<string> Check(string key, string value)
    {
        var unknown = new List<string>();
        UnknownSettings.Check(Configured.Section(($"Topics:{key}", value)).GetSection("Topics"), Names, unknown.Add);
        return unknown;
    }
}
