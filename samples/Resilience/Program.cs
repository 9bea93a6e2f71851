using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;
using Resilience;
using Samples;

// Resilience    three kinds of failure, and what each one takes
Console.OutputEncoding = System.Text.Encoding.UTF8;
var prefix = $"resilience-{Guid.NewGuid():N}:";
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddSingleton<CardGateway>().AddSingleton<Ledger>();
builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
{
    messaging.KeyPrefix = prefix;
    messaging.UseJson(ChargeJson.Default);
    messaging.AddQueue<Charge>("charges");
    messaging.AddConsumeFilter<RetryFilter>();
    messaging.AddDeadLetterObserver<ReportGivenUp>();
    messaging.AddHandler<Charge, TakePayment>(handler =>
    {
        handler.Retry.MaxAttempts = 3;
        handler.PauseOn<HttpRequestException>(after: 2, pauseFor: TimeSpan.FromMilliseconds(500));
    });
});

bool complete;
using (var host = builder.Build())
{
    await host.StartAsync();
    complete = await Story.RunAsync(host.Services);
    await host.StopAsync();
}

await KeyCleaner.RemoveAsync(builder.Configuration["RedisMessaging:Connection"] ?? "localhost:6379", prefix);
return complete ? 0 : 1;
