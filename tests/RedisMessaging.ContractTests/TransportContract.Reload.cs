using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>A running consumer follows the configuration.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const string Reloaded = "contract";

    [ContractFact]
    public async Task As_many_handlers_run_as_the_configuration_says_by_now()
    {
        using var running = new SteppedHandler();
        using var host = await StartReloadableAsync(running.HandleAsync);
        var bus = host.Services.GetRequiredService<IMessageBus>();
        await bus.PublishManyAsync(Notes(40));
        await Eventually.TrueAsync(() => running.Now == 1, what: "one handler runs");

        Change(host, "Concurrency", "4");
        await Eventually.TrueAsync(() => running.Now == 4, what: "four handlers run");
        running.Most.Should().Be(4);

        Change(host, "Concurrency", "2");
        running.Release(4);
        await Eventually.TrueAsync(() => running.Now == 2 && running.Ended == 4, what: "two handlers run");
        for (var ended = 4; ended < 40; ended++)
        {
            running.Release(1);
            await Eventually.TrueAsync(() => running.Ended == ended + 1, what: "another handler ends");
            running.Now.Should().BeLessThanOrEqualTo(2);
        }

        await host.StopAsync();
    }

    [ContractFact]
    public async Task The_configuration_pauses_a_running_consumer_and_resumes_it()
    {
        var inbox = new Inbox();
        using var host = await StartReloadableAsync(inbox.HandleAsync);
        var bus = host.Services.GetRequiredService<IMessageBus>();
        await bus.PublishAsync(new Note("before"));
        await inbox.HasAsync(1);

        Change(host, "Paused", "true");
        await bus.PublishManyAsync(Notes(10));
        await bus.Topic(Topic).PauseAsync();
        await bus.Topic(Topic).ResumeAsync();
        inbox.Count.Should().Be(1, "the configuration pauses it, whatever an operator resumes");

        Change(host, "Paused", "false");
        await inbox.HasAsync(11);
        await host.StopAsync();
    }

    [ContractFact]
    public async Task Fewer_handlers_run_after_a_pause_in_which_the_configuration_said_so()
    {
        using var running = new SteppedHandler();
        using var host = await StartReloadableAsync(running.HandleAsync, ("Concurrency", "5"));
        var bus = host.Services.GetRequiredService<IMessageBus>();
        await bus.PublishManyAsync(Notes(40));
        await Eventually.TrueAsync(() => running.Now == 5, what: "five handlers run");
        Change(host, "Paused", "true");
        running.Release(5);
        await Eventually.TrueAsync(() => running.Ended == 5 && running.Now == 0, what: "they have ended");

        Change(host, ("Paused", "false"), ("Concurrency", "2"));
        for (var ended = 5; ended < 40; ended++)
        {
            await Eventually.TrueAsync(() => running.Now == Math.Min(2, 40 - ended), what: "two handlers run");
            running.Release(1);
            await Eventually.TrueAsync(() => running.Ended == ended + 1, what: "another handler ends");
        }

        running.MostAfter(5).Should().Be(2);
        await host.StopAsync();
    }

    [ContractFact]
    public async Task A_rate_limit_that_is_taken_away_holds_nothing_back_any_more()
    {
        var inbox = new Inbox();
        using var host = await StartReloadableAsync(inbox.HandleAsync, ("RateLimit:Messages", "1"), ("RateLimit:Per", "01:00:00"));
        var bus = host.Services.GetRequiredService<IMessageBus>();
        await bus.PublishManyAsync(Notes(20));
        await inbox.HasAsync(1);

        Change(host, ("RateLimit:Messages", "10000"), ("RateLimit:Per", "00:00:01"));

        await inbox.HasAsync(20);
        await host.StopAsync();
    }

    /// <summary>A host with one handler in the application's group, whose configuration can be changed.</summary>
    private async Task<IHost> StartReloadableAsync(MessageHandler<Note> handler, params (string Setting, string Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["Messaging:Connection"] = ConnectionString;
        foreach (var (setting, value) in settings)
        {
            builder.Configuration[PathOf(setting)] = value;
        }

        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("Messaging"), messaging => Configure(messaging, more => more.AddHandler(handler)));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static string PathOf(string setting) => $"Messaging:Topics:{Topic}:Handlers:{Reloaded}:{setting}";

    private static void Change(IHost host, string setting, string value) => Change(host, (setting, value));

    /// <summary>As a file that was saved: all at once.</summary>
    private static void Change(IHost host, params (string Setting, string Value)[] settings)
    {
        var configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();
        foreach (var (setting, value) in settings)
        {
            configuration[PathOf(setting)] = value;
        }

        configuration.Reload();
    }
}
