using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Tests.Documentation;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Interop;

/// <summary>Programs in other languages on the other side, as the documentation shows them.</summary>
[Trait("Needs", "Redis")]
public sealed partial class InteropTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<object> _handled = new();
    private OwnRedisServer? _server;

    private string RedisUrl => "redis://" + _server!.ConnectionString;

    public async Task InitializeAsync() => _server = await RedisServer.StartPrivateAsync();

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    [PythonFact]
    public async Task The_page_s_Python_writes_and_reads_the_envelope()
    {
        await using var bus = await ConnectAsync(messaging => messaging.AddStream<Documentation.OrderPlaced>("orders"));
        await bus.PublishAsync(new Documentation.OrderPlaced(1, "Ada"));
        await SubscribeAsync<Documentation.OrderPlaced>(bus, "orders");

        var result = await Command.RunAsync(
            PythonRedis.Program!,
            ["-c", Example("envelope.md", "python")],
            environment: new Dictionary<string, string> { ["REDIS_URL"] = RedisUrl, ["PYTHONIOENCODING"] = "utf-8" },
            longest: TimeSpan.FromMinutes(1));

        (result.Errors, result.Output.ReplaceLineEndings("\n")).Should().Be(("", $"order-placed {await SourceAsync(bus)} Ada\norder-placed python 서연\n"));
        await HandledAsync(new Documentation.OrderPlaced(1, "Ada"), new Documentation.OrderPlaced(42, "서연"));
    }

    [IoredisFact]
    public async Task The_page_s_Node_writes_and_reads_the_envelope()
    {
        await using var bus = await ConnectAsync(messaging => messaging.AddQueue<SendEmail>("emails"));
        await bus.PublishAsync(new SendEmail("a@example.com", "안녕"));

        var result = await Ioredis.RunAsync(await ScriptAsync("envelope.mjs", Example("envelope.md", "node")), RedisUrl);

        result.Errors.Should().BeEmpty();
        result.Output.ReplaceLineEndings("\n").Should().MatchRegex("^send-email interop/[0-9a-f]+ 안녕\n$");
        await SubscribeAsync<SendEmail>(bus, "emails");
        await HandledAsync(new SendEmail("a@example.com", "Re: 안녕"));
    }

    [IoredisFact]
    public async Task With_ioredis_raw_messages_go_both_ways_over_all_transports()
    {
        await using var bus = await ConnectAsync(messaging =>
        {
            messaging.AddPubSub<Payment>("channel", Raw);
            messaging.AddQueue<Payment>("list", Raw);
            messaging.AddStream<Payment>("stream", Raw);
        });
        await SubscribeAsync<Payment>(bus, "channel");
        var script = await ScriptAsync("ioredis.mjs", await File.ReadAllTextAsync(Repository.Path("tests", "RedisMessaging.Tests", "Interop", "ioredis.mjs")));
        var start = ProcessParent.Mortal("node", script, "raw:channel", "raw:list", "raw:stream");
        (start.WorkingDirectory, start.RedirectStandardOutput, start.StandardOutputEncoding, start.Environment["REDIS_URL"]) = (Ioredis.Folder, true, System.Text.Encoding.UTF8, RedisUrl);
        using var node = await ProcessParent.StartAsync(start);
        (await node.StandardOutput.ReadLineAsync()).Should().Be("subscribed");

        await bus.PublishToAsync("channel", new Payment(1, 10.50m, "서연"));
        await bus.PublishToAsync("list", new Payment(2, 20));
        await bus.PublishToAsync("stream", new Payment(3, 12345678901234567890.5m, "a \"quoted\" one"));

        (await Eventually.EndsAsync(node.StandardOutput.ReadToEndAsync())).ReplaceLineEndings("\n").Should().Be(
            """
            message {"user_id":1,"amount":10.50,"note":"서연"}
            popped {"user_id":2,"amount":20,"note":null}
            entry user_id 3 amount 12345678901234567890.5 note a "quoted" one

            """);
        await SubscribeAsync<Payment>(bus, "list");
        await SubscribeAsync<Payment>(bus, "stream");
        await HandledAsync(new Payment(1, 10.50m, "서연"), new Payment(4, 40.25m), new Payment(5, 50, "서연"), new Payment(3, 12345678901234567890.5m, "a \"quoted\" one"), new Payment(6, 60.5m));
    }

    [Fact]
    public async Task The_page_s_redis_cli_commands_do_what_it_says()
    {
        await using var bus = await ConnectAsync(ReadmeSnippets.Raw);
        await SubscribeAsync<Payment>(bus, "payments");
        await SubscribeAsync<Documentation.PriceChanged>(bus, "prices");

        await ShellAsync("stream-in");
        await HandledAsync(new Payment(1, 10));
        await bus.PublishAsync(new Payment(2, 20.50m, "서연"));
        (await ShellAsync("stream-out")).Should().Be(Said("stream-out"));
        await HandledAsync(new Payment(1, 10), new Payment(2, 20.50m, "서연"));

        await bus.PublishAsync(new Job("resize", 2));
        (await ShellAsync("queue-out")).Should().Be(Said("queue-out"));
        await ShellAsync("queue-in");
        await SubscribeAsync<Job>(bus, "jobs");
        await ShellAsync("pubsub-in");
        await HandledAsync(new Payment(1, 10), new Payment(2, 20.50m, "서연"), new Job("convert", 1), new Documentation.PriceChanged("ACME", 12.5m));
    }

    private static void Raw(TopicOptions options) => (options.Key, options.Format) = ($"raw:{options.GetType().Name switch
    {
        nameof(PubSubOptions) => "channel",
        nameof(QueueOptions) => "list",
        _ => "stream",
    }}", MessageFormat.Raw);

    private static string Page(string page) => File.ReadAllText(Repository.Path("docs", page)).ReplaceLineEndings("\n");

    private static string Example(string page, string name) => Runnable().Matches(Page(page)).Single(match => match.Groups["name"].Value == name).Groups["code"].Value;

    /// <summary>What the page shows after a command.</summary>
    private static string Said(string name)
    {
        var page = Page("raw.md");
        return Text().Match(page, page.IndexOf($"<!-- run: {name} -->", StringComparison.Ordinal)).Groups["text"].Value;
    }

    private static async Task<string> ScriptAsync(string name, string code)
    {
        // Beside node_modules, where imports are looked for.
        var path = Path.Combine(Ioredis.Folder, name);
        await File.WriteAllTextAsync(path, code);
        return path;
    }

    private static async Task<string> SourceAsync(RedisMessageBus bus)
    {
        await foreach (var entry in bus.Topic("orders").AsStream().ReadHistoryAsync<Documentation.OrderPlaced>())
        {
            return entry.Context!.Source!;
        }

        throw new InvalidOperationException("There is no entry.");
    }

    private async Task<RedisMessageBus> ConnectAsync(Action<RedisMessagingBuilder> configure) => await RedisMessageBus.ConnectAsync(_server!.ConnectionString, messaging =>
    {
        messaging.KeyPrefix = "shop:";
        messaging.Application = "interop";
        messaging.UseJson(InteropJson.Default);
        configure(messaging);
    });

    private async Task SubscribeAsync<T>(RedisMessageBus bus, string topic)
        where T : notnull => await bus.SubscribeAsync<T>(topic, (message, _, _) =>
    {
        _handled.Enqueue(message);
        return ValueTask.CompletedTask;
    });

    private async Task HandledAsync(params object[] messages)
    {
        await Eventually.TrueAsync(() => _handled.Count >= messages.Length, what: $"{messages.Length} are handled; there are {string.Join(", ", _handled)}");
        _handled.Should().BeEquivalentTo(messages, options => options.RespectingRuntimeTypes());
    }

    private async Task<string> ShellAsync(string name)
    {
        var address = _server!.ConnectionString.Split(':');
        var result = await Command.RunAsync("sh", ["-c", Example("raw.md", name).Replace("redis-cli ", $"redis-cli -h {address[0]} -p {address[1]} ", StringComparison.Ordinal)], longest: TimeSpan.FromMinutes(1));
        result.Errors.Should().BeEmpty();
        return result.Output.ReplaceLineEndings("\n").TrimEnd('\n');
    }

    [GeneratedRegex("<!-- run: (?<name>[a-z-]+) -->\n```\\w+\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Runnable();

    [GeneratedRegex("```text\n(?<text>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Text();
}
