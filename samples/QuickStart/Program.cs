using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using QuickStart;
using RedisMessaging;
using Samples;

// QuickStart          greetings over the transport that appsettings.json says; change the word there and run it again
// QuickStart --all    the same over all three, each with a burst of 100,000 messages
Console.OutputEncoding = System.Text.Encoding.UTF8;
return await (args.Contains("--all") ? RunAllAsync(args) : RunConfiguredAsync(args)) ? 0 : 1;

static async Task<bool> RunConfiguredAsync(string[] args)
{
    var builder = CreateBuilder(args);
    var transport = builder.Configuration["RedisMessaging:Topics:greetings:Transport"] ?? nameof(TransportKind.Stream);
    using var host = Messaging.Build(builder);
    await host.StartAsync();
    var complete = await GreetingsRun.RunAsync(host.Services, transport);
    await host.StopAsync();
    return complete;
}

static async Task<bool> RunAllAsync(string[] args)
{
    var complete = true;
    foreach (var transport in new[] { TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream })
    {
        var builder = CreateBuilder(args);
        var prefix = $"quickstart-{Guid.NewGuid():N}:";
        var connection = builder.Configuration["RedisMessaging:Connection"] ?? "localhost:6379";
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["RedisMessaging:KeyPrefix"] = prefix,
            ["RedisMessaging:Topics:greetings:Transport"] = transport.ToString(),
            ["RedisMessaging:Topics:readings:Transport"] = transport.ToString(),
            // A Pub/Sub subscription drops what does not fit into its buffer: make it fit. The other transports don't know this setting.
            ["RedisMessaging:Topics:readings:BufferCapacity"] = ReadingCount.Expected.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });

        Console.WriteLine($"== {transport}: {Promises.Of(transport)}");
        try
        {
            using var host = Messaging.Build(builder);
            await host.StartAsync();
            complete &= await GreetingsRun.RunAsync(host.Services, transport.ToString());
            complete &= await BurstRun.RunAsync(host.Services, transport.ToString());
            await host.StopAsync();
        }
        finally
        {
            var removed = await KeyCleaner.RemoveAsync(connection, prefix);
            Console.WriteLine($"  cleaned: {removed} keys");
            Console.WriteLine();
        }
    }

    Console.WriteLine(complete ? "Every message arrived exactly once over every transport." : "Some counts are WRONG: see above.");
    return complete;
}

static HostApplicationBuilder CreateBuilder(string[] args) => Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
