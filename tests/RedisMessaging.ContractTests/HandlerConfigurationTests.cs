using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RedisMessaging.ContractTests;

/// <summary>What the configuration says of handlers reaches the consumers that run.</summary>
public sealed class HandlerConfigurationTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    [Fact]
    public async Task A_group_that_is_paused_handles_nothing_until_a_start_without_it()
    {
        var (active, other) = (new Inbox(), new Inbox());
        using (var host = await StartAsync(active, other.HandleAsync, ("other:Paused", "true")))
        {
            await host.Services.GetRequiredService<IMessageBus>().PublishAsync(new Note("one"));
            await active.HasAsync(1);
            var groups = await host.Services.GetRequiredService<IMessageBus>().Topic(Topic).Groups.ListAsync();
            groups.Single(group => group.Name == "other").Pending.Should().Be(0);
            other.Count.Should().Be(0);
            await host.StopAsync();
        }

        using var resumed = await StartAsync(active, other.HandleAsync);
        await other.HasAsync(1);
        await resumed.StopAsync();
    }

    [Fact]
    public async Task As_many_handlers_run_as_are_configured()
    {
        var running = 0;
        var proceed = new TaskCompletionSource();
        var active = new Inbox();
        using var host = await StartAsync(
            active,
            async (_, _, _) =>
            {
                Interlocked.Increment(ref running);
                await proceed.Task;
            },
            ("other:Concurrency", "3"));

        await host.Services.GetRequiredService<IMessageBus>().PublishManyAsync(Notes(10));

        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 3, what: "three run");
        await active.HasAsync(10);
        Volatile.Read(ref running).Should().Be(3);
        proceed.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 10, what: "all have run");
        await host.StopAsync();
    }

    /// <summary>A host with a handler in the group active, and one in the group other.</summary>
    private async Task<IHost> StartAsync(Inbox active, MessageHandler<Note> other, params (string Key, string Value)[] handlers)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(handlers.Select(pair => new KeyValuePair<string, string?>($"Messaging:Topics:{Topic}:Handlers:{pair.Key}", pair.Value)));
        builder.Configuration.AddInMemoryCollection([new("Messaging:Connection", ConnectionString)]);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("Messaging"), messaging => Configure(messaging, more => more
            .AddHandler<Note>(active.HandleAsync, options => options.Group = "active")
            .AddHandler(other, options => options.Group = "other")));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
