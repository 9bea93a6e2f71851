namespace RedisMessaging.ContractTests;

/// <summary>Members that only some transports have.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact]
    public async Task Members_of_another_transport_are_refused_with_the_fix()
    {
        var topic = (await ConnectAsync()).Topic(Topic);

        var views = new (Func<ITopic> View, bool IsThere, string Fix)[]
        {
            (topic.AsStream, Fixture.Kind == TransportKind.Stream, "set the topic's Transport to Stream"),
            (topic.AsPubSub, Fixture.Kind == TransportKind.PubSub, "Pub/Sub topics have subscribers"),
            (topic.AsFamily, false, "such as \"logs:*\""),
        };
        foreach (var (view, isThere, fix) in views)
        {
            if (isThere)
            {
                view().Should().BeAssignableTo<ITopic>().Which.Name.Should().Be(Topic);
            }
            else
            {
                view.Should().Throw<NotSupportedException>().WithMessage($"Topic '{Topic}' *{fix}*");
            }
        }
    }

    [ContractFact]
    public async Task A_view_has_what_the_topic_has()
    {
        var topic = (await ConnectAsync()).Topic(Topic);
        if (Fixture.Kind == TransportKind.Queue)
        {
            return;
        }

        ITopic view = Fixture.Kind == TransportKind.Stream ? topic.AsStream() : topic.AsPubSub();
        (view.Name, view.Transport, view.Capabilities).Should().Be((topic.Name, topic.Transport, topic.Capabilities));
        (await view.PauseAsync("group")).Should().BeTrue();
        (await topic.GetPausedAsync()).Should().ContainSingle(pause => pause.Group == "group");
        (await view.GetPausedAsync()).Should().ContainSingle();
        (await view.ResumeAsync("group")).Should().BeTrue();
        (await topic.GetPausedAsync()).Should().BeEmpty();
        view.Invoking(it => it.AsFamily()).Should().Throw<NotSupportedException>();
    }
}
