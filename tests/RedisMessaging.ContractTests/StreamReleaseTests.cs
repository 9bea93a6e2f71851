using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>What a consumer gives back goes before what nobody has had yet, also where it is more than whoever comes next reads at once.</summary>
public sealed class StreamReleaseTests : IAsyncLifetime
{
    private const int GivenBack = 250;
    private const int Waiting = 60;

    private OpenTransport _stream = null!;

    private static string[] InOrder { get; } = [.. Enumerable.Range(0, GivenBack + Waiting).Select(number => $"{number:000}")];

    public async Task InitializeAsync()
    {
        _stream = Open((await RedisServer.SharedAsync()).ConnectionString);
        await _stream.SendAsync(InOrder);
        var first = await _stream.OpenAsync(GivenBack);
        var held = await first.ReceiveAsync(GivenBack);
        held.Should().HaveCount(GivenBack);
        (await first.SettleAsync(SettlementKind.Release, held)).Should().Be(GivenBack);
        await first.DisposeAsync();
    }

    public async Task DisposeAsync() => await _stream.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(100)]
    [InlineData(400)]
    public async Task Whoever_comes_next_has_it_first(int atOnce)
    {
        await using var next = await _stream.OpenAsync(400);
        var buffer = new Delivery[atOnce];
        var texts = new List<string>();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (texts.Count < InOrder.Length)
        {
            var count = await next.ReceiveAsync(buffer, deadline.Token);
            texts.AddRange(buffer.Take(count).Select(delivery => delivery.Text()));
        }

        texts.Should().Equal(InOrder);
    }

    [Fact]
    public async Task Paused_it_keeps_nothing_that_it_was_not_to_hand_out_yet()
    {
        await using var paused = await _stream.OpenAsync();
        var taken = await paused.ReceiveAsync(100);
        var buffer = new Delivery[400];

        var own = await paused.ReceiveOwnAsync(buffer, CancellationToken.None);

        taken.Should().HaveCount(100);
        own.Should().BePositive("a read brings as many of the topic's stream as of what was released");
        buffer.Take(own).Select(delivery => delivery.Text()).Should().Equal(InOrder.Skip(GivenBack).Take(own));
    }

    [Fact]
    public async Task What_is_to_be_tried_again_holds_nothing_up()
    {
        await using var failing = await _stream.OpenAsync(400);
        var failed = await failing.ReceiveAsync(InOrder.Length);
        (await failing.SettleAsync(SettlementKind.Retry, failed)).Should().Be(InOrder.Length);
        await _stream.SendAsync("new");
        await using var next = await _stream.OpenAsync();

        var first = (await next.ReceiveAsync(100)).Concat(await next.ReceiveAsync(1)).ToList();

        first.Should().ContainSingle(delivery => delivery.Starts == 0, "what fails may come again and again").Which.Text().Should().Be("new");
    }

    private static OpenTransport Open(string connectionString) => new(connectionString, UniquePrefix.Create(), TransportKind.Stream);
}
