using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Configuration;

/// <summary>How values are written in configuration, and what is refused with the path, the value and the fix.</summary>
public sealed class SettingValuesTests
{
    [Theory]
    [InlineData("00:00:05", 5)]
    [InlineData(" 0:0:5 ", 5)]
    [InlineData("00:01", 60)]
    [InlineData("1.00:00:00", 86_400)]
    [InlineData("1:00:00:00", 86_400)]
    [InlineData("23:59:59", 86_399)]
    [InlineData("00:00:00.5", 0.5)]
    [InlineData("-00:00:01", -1)]
    public void A_time_span_is_written_as_NET_writes_it(string text, double seconds)
    {
        SettingTypes.Duration.TryRead(text, out var value).Should().BeTrue();
        value.Should().Be(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("5", "bare number*days*\"00:00:05\" for 5 seconds*\"5.00:00:00\" for 5 days*")]
    [InlineData("0.5", "bare number*\"00:00:00.5000000\" for 0.5 seconds*")]
    [InlineData("-1", "bare number*")]
    [InlineData("5s", "*Write \"00:00:05\".")]
    [InlineData("500 ms", "*Write \"00:00:00.5000000\".")]
    [InlineData("2 minutes", "*Write \"00:02:00\".")]
    [InlineData("1h", "*Write \"01:00:00\".")]
    [InlineData("7d", "*Write \"7.00:00:00\".")]
    [InlineData("24:00:00", "24 hours*would be read as 24 days*Write \"1.00:00:00\".")]
    [InlineData("36:30", "36 hours*Write \"1.12:30\".")]
    [InlineData("soon", "it must be a time span such as \"00:00:30\"*")]
    [InlineData("00:00:61", "it must be a time span*")]
    [InlineData("PT5S", "it must be a time span*")]
    [InlineData("", "it must be a time span*")]
    [InlineData("99999999999999999999", "it must be a time span*")]
    public void What_would_be_read_as_something_else_is_refused(string text, string fix)
    {
        Refused("Topics:orders:Lease", text, $"Topic 'orders': RedisMessaging:Topics:orders:Lease is '{text}'; *{fix}");
        Refused("StartTimeout", text, $"RedisMessaging:StartTimeout is '{text}'; *{fix}");
        Refused("Topics:orders:Retention:MaxAge", text.Length == 0 ? "x" : text, "Topic 'orders': RedisMessaging:Topics:orders:Retention:MaxAge is *");
    }

    [Theory]
    [InlineData("PublishBufferCapacity", "many", "whole number")]
    [InlineData("PublishBufferCapacity", "5.0", "whole number")]
    [InlineData("PublishBufferCapacity", "1e3", "whole number")]
    [InlineData("PublishBufferCapacity", "1,000", "whole number")]
    [InlineData("PublishBufferCapacity", "0x10", "whole number")]
    [InlineData("PublishBufferCapacity", "", "whole number")]
    [InlineData("PublishBufferCapacity", null, "Leave it out")]
    [InlineData("MaxMessageBytes", "4 MiB", "whole number")]
    [InlineData("MaxMessageBytes", "99999999999", "at most 2147483647")]
    [InlineData("StartWithoutRedis", "yes", "true or false")]
    [InlineData("StartWithoutRedis", "1", "true or false")]
    [InlineData("StartWithoutRedis", null, "true or false")]
    [InlineData("OnTransportChange", "1", "one of Fail, Warn, Drain")]
    [InlineData("OnTransportChange", "Drian", "Did you mean 'Drain'")]
    [InlineData("OnTransportChange", "Fail,Warn", "one of Fail, Warn, Drain")]
    [InlineData("OnTransportChange", null, "one of Fail, Warn, Drain")]
    [InlineData("KeyPrefix", null, "must be a text")]
    [InlineData("StartTimeout", null, "Leave it out")]
    [InlineData("Topics:orders:Lease", null, "Leave it out")]
    [InlineData("Topics:orders:Transport", null, "PubSub, Queue, Stream")]
    [InlineData("Topics:orders:Retention", null, "Forever*MaxLength")]
    [InlineData("Topics:orders:Retention", "", "Forever*MaxLength")]
    [InlineData("Topics:orders:DeadLetterLimit", "-", "whole number")]
    [InlineData("Topics:orders:Format", "0", "Envelope, Raw")]
    [InlineData("Topics:orders:FullMode", "DropOdlest", "Did you mean 'DropOldest'")]
    public void A_value_of_another_kind_is_refused(string key, string? value, string fix) =>
        Refused(key, value, $"*RedisMessaging:{key}*{fix}*");

    [Theory]
    [InlineData("PublishBufferCapacity", "-1", "PublishBufferCapacity is -1")]
    [InlineData("StartTimeout", "-00:00:01", "StartTimeout is -00:00:01")]
    [InlineData("KeyPrefix", "{a}", "KeyPrefix is '{a}'")]
    [InlineData("Topics:orders:Lease", "00:00:00.5", "Lease is 00:00:00.5000000")]
    [InlineData("Topics:orders:DeadLetterLimit", "-5", "DeadLetterLimit is -5")]
    [InlineData("Topics:orders:Retention:MaxLength", "0", "Retention.MaxLength is 0")]
    [InlineData("Topics:orders:Key", "", "Key is ''")]
    public void A_value_out_of_bounds_names_its_place(string key, string value, string what) => Refused(key, value, $"*{what};*It is configured at RedisMessaging:{key}.");

    [Fact]
    public void A_value_out_of_bounds_that_code_set_names_no_place()
    {
        var building = () => Configured.Model(b => b.AddStream<OrderPlaced>("orders", s => s.ReplicationTimeout = TimeSpan.Zero), ("Topics:orders:Lease", "00:00:05"));
        building.Should().Throw<RedisMessagingConfigurationException>().Which.Message.Should().NotContain("configured at");
    }

    [Fact]
    public void Null_is_none_where_an_option_may_be_none()
    {
        var topic = Configured.Topic(
            b => b.AddStream<OrderPlaced>("orders", s => (s.DeadLetterMaxAge, s.Key) = (TimeSpan.FromDays(1), "key")),
            ("Topics:orders:DeadLetterMaxAge", null),
            ("Topics:orders:Key", null));
        (topic.Options.DeadLetterMaxAge, topic.Options.Key).Should().Be((null, null));
    }

    [Fact]
    public void Settings_of_a_transport_that_is_not_chosen_may_stay_and_that_is_logged()
    {
        using var log = new ListLoggerProvider();
        Configured.Model(
            b => b.AddStream<OrderPlaced>("orders"),
            log,
            ("Topics:orders:Transport", "Queue"),
            ("Topics:orders:Retention:MaxLength", "5"),
            ("Topics:orders:BufferCapacity", "5"),
            ("Topics:orders:DeduplicationWindow", "00:01:00"));

        log.Lines.Should().ContainSingle();
        log.TextsOf(2004).Should().ContainSingle().Which.Should().Be(
            "Topic orders is on Queue, where these settings of the configuration have no effect: RedisMessaging:Topics:orders:BufferCapacity, RedisMessaging:Topics:orders:Retention:MaxLength");
        Refused("Topics:orders:BufferCapacity", "many", "*BufferCapacity is 'many'*");
    }

    [Fact]
    public void Only_options_that_code_set_are_called_ignored()
    {
        using var log = new ListLoggerProvider();
        Configured.Model(b => b.AddStream<OrderPlaced>("orders"), log, ("Topics:orders", "PubSub"));
        log.Lines.Should().BeEmpty();

        Configured.Model(
            b => b.AddStream<OrderPlaced>("orders", s => (s.DeleteOnAck, s.Retention, s.WaitForReplicas, s.DeadLetterLimit) = (true, Retention.Forever, 1, 10_000)),
            log,
            ("Topics:orders", "PubSub"));
        log.TextsOf(2000).Should().ContainSingle().Which.Should().EndWith(": DeleteOnAck, Retention.MaxLength, WaitForReplicas");
    }

    [Fact]
    public void An_option_that_loses_its_effect_by_configuration_is_logged_and_one_that_never_had_any_is_refused()
    {
        using var log = new ListLoggerProvider();
        Configured.Model(b => b.AddQueue<OrderPlaced>("orders", q => q.Lease = TimeSpan.FromMinutes(1)), log, ("Topics:orders:Delivery", "AtMostOnce"));
        log.TextsOf(2005).Should().ContainSingle().Which.Should().EndWith(": Lease");

        Configured.Model(b => b.AddQueue<OrderPlaced>("orders", q => q.ReplicationTimeout = TimeSpan.FromSeconds(2)), log, ("Topics:orders:WaitForReplicas", "1"));
        log.Lines.Should().ContainSingle();
    }

    /// <summary>As far as a bus comes without Redis.</summary>
    private static void Refused(string key, string? value, string message)
    {
        var starting = () =>
        {
            var provider = new ServiceCollection()
                .AddRedisMessaging(Configured.Section(("Connection", "localhost:1"), (key, value)), b => b.UseJson(SampleJson.Default).AddStream<OrderPlaced>("orders"))
                .BuildServiceProvider();
            provider.GetRequiredService<RedisMessageBus>();
        };
        starting.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);
    }
}
