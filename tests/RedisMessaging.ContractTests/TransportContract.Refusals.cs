namespace RedisMessaging.ContractTests;

/// <summary>Nothing downgrades in silence: what a transport can't do is refused, with the topic's name.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Without = nameof(TransportCapabilities.Broadcast))]
    public async Task Broadcast_is_refused()
    {
        var bus = await ConnectAsync();

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync, new SubscribeOptions { Broadcast = true }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*{Topic}*Broadcast*");
    }

    [ContractFact(Without = nameof(TransportCapabilities.FanOut))]
    public async Task A_second_group_is_refused()
    {
        await FluentActions.Awaiting(() => ConnectAsync(messaging =>
            {
                messaging.AddHandler<Note>(new Inbox().HandleAsync, options => options.Group = "billing");
                messaging.AddHandler<Note>(new Inbox().HandleAsync, options => options.Group = "shipping");
            }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*{Topic}*billing*shipping*");
    }

    [ContractFact(Without = nameof(TransportCapabilities.FanOut))]
    public async Task A_second_group_is_refused_while_the_first_runs()
    {
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync, new SubscribeOptions { Group = "billing" });

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync, new SubscribeOptions { Group = "shipping" }))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*{Topic}*billing*shipping*");
    }

    [ContractFact]
    public async Task A_topic_that_is_not_registered_is_refused()
    {
        var bus = await ConnectAsync();

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>("no-such-topic", new Inbox().HandleAsync))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*no-such-topic*{Topic}*");
        await FluentActions.Awaiting(async () => await bus.PublishAsync(new Alarm("cellar")))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*Alarm*");
    }

    [ContractFact]
    public async Task A_mistake_in_a_publish_says_that_it_is_never_accepted()
    {
        var bus = await ConnectAsync();
        PublishOptions[] mistakes =
        [
            new() { Delay = TimeSpan.FromSeconds(-1) },
            new() { TimeToLive = TimeSpan.Zero },
            new() { MessageId = "" },
            new() { Key = new string('k', 300) },
            new() { ExpectedVersion = -1 },
            new() { Position = "here" },
        ];
        foreach (var options in mistakes)
        {
            (await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("refused"), options)).Should().ThrowAsync<PublishRefusedException>(options.ToString()))
                .WithMessage($"*{Topic}*mistake in the call*never accepted*").Which.IsTransient.Should().BeFalse();
        }
    }
}
