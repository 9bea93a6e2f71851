using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>What every row has: transports to run over, and a Redis of its own to treat badly.</summary>
public abstract class FaultTest(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan BusyMachine = TimeSpan.FromSeconds(3);

    private readonly List<FaultRun> _runs = [];
    private readonly List<RedisServer> _others = [];
    private OwnRedisServer? _server;
    private ConnectionMultiplexer? _admin;

    public static TheoryData<TransportKind> All => [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    protected OwnRedisServer Server => _server ?? throw new InvalidOperationException("The row has not started.");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var run in _runs)
        {
            await run.DisposeAsync();
        }

        if (_admin is not null)
        {
            await _admin.CloseAsync(allowCommandsToComplete: false);
            await _admin.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        foreach (var server in _others)
        {
            await server.DisposeAsync();
        }
    }

    private protected async Task<FaultRun> StartAsync(int row, TransportKind kind, FaultOptions? options = null, bool appendOnly = false, params string[] settings)
    {
        await StartServerAsync(appendOnly, settings);
        return await StartRunAsync(row, kind, options);
    }

    /// <summary>The server alone, for a row that has to do something to it before anybody connects.</summary>
    private protected async Task StartServerAsync(bool appendOnly = false, params string[] settings)
    {
        _server = await RedisServer.StartPrivateAsync(appendOnly, settings);
        _admin = await ConnectionMultiplexer.ConnectAsync($"{_server.ConnectionString},allowAdmin=true,connectTimeout=1000,abortConnect=false");
    }

    /// <summary>Publishers and consumers on the server that was started.</summary>
    private protected async Task<FaultRun> StartRunAsync(int row, TransportKind kind, FaultOptions? options = null)
    {
        var run = await FaultRun.StartAsync(row, kind, Server, options ?? new FaultOptions(), output);
        _runs.Add(run);
        return run;
    }

    /// <summary>A row that has more than one server to treat badly, or more than one run on it.</summary>
    private protected async Task<FaultRun> StartAsync(int row, TransportKind kind, RedisServer server, FaultOptions options)
    {
        if (!_others.Contains(server))
        {
            _others.Add(server);
        }

        var run = await FaultRun.StartAsync(row, kind, server, options, output);
        _runs.Add(run);
        return run;
    }

    /// <summary>Tells the server something, as a program that knows nothing of primaries and replicas.</summary>
    /// <returns>The reply's first line.</returns>
    private protected async Task<string> TellAsync(params string[] command)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPEndPoint.Parse(Server.ConnectionString));
        await using var stream = client.GetStream();
        var request = new StringBuilder($"*{command.Length}\r\n");
        foreach (var part in command)
        {
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()));
        using var reader = new StreamReader(stream);
        var reply = await reader.ReadLineAsync() ?? "";
        return reply.StartsWith('-') ? throw new InvalidOperationException($"{string.Join(' ', command)}: {reply}") : reply;
    }

    /// <summary>How many consumers the server is parked for: those that wait for messages, not for the bell of what is scheduled.</summary>
    private protected async Task<int> BlockedConsumersAsync()
    {
        var clients = (string)(await _admin!.GetServers().Single().ExecuteAsync("CLIENT", "LIST"))!;
        return clients.Split('\n').Count(client => client.Contains(" flags=b ", StringComparison.Ordinal)
            && (client.Contains(" cmd=blmove ", StringComparison.Ordinal) || client.Contains(" cmd=xreadgroup ", StringComparison.Ordinal)));
    }

    private protected IDatabase Database => _admin!.GetDatabase();

    /// <summary>What holds in every row: a publisher is told the truth, nothing is forgotten in Redis, no consumer sleeps.</summary>
    private protected static void ShouldBeSound(FaultReport report)
    {
        report.Phantoms.Should().BeEmpty("what was refused is not stored");
        report.Left.Should().Be(0, "there was time enough to handle everything");
        report.Leaks.Should().BeEmpty();
        report.Ok.Should().BeGreaterThanOrEqualTo(5_000);
    }

    /// <summary>At most once: gaps, but nothing doubled and nothing out of order. At least once: nothing lost.</summary>
    private protected static void ShouldKeepItsPromise(FaultReport report)
    {
        if (report.Kind == TransportKind.PubSub)
        {
            report.Doubled.Should().BeEmpty();
            report.Inversions.Should().Be(0);
        }
        else
        {
            report.Lost.Should().BeEmpty();
        }
    }

    /// <summary>Only what was published before can be lost.</summary>
    private protected static void ShouldLoseNothingPublishedAfter(FaultReport report, TimeSpan time) =>
        report.Lost.Should().OnlyContain(lost => lost.SentAt <= time);

    private protected static void ShouldLoseNothing(FaultReport report) => report.Lost.Should().BeEmpty();

    private protected static void ShouldDoubleNothing(FaultReport report) => report.Doubled.Should().BeEmpty();

    /// <summary>
    /// A consumer that hangs fails; the goal itself can be read off the row's printed line. A machine whose cores are busy elsewhere may take its time, and
    /// one that was slow proves nothing.
    /// </summary>
    private protected void ShouldRecoverWithin(FaultReport report, double seconds)
    {
        var goal = TimeSpan.FromSeconds(seconds);
        if (report.Recovered > goal)
        {
            output.WriteLine($"Slower than the goal: recovered after {report.Recovered.TotalSeconds:0.0} s, not within {seconds:0.#} s.");
        }

        report.Recovered.Should().BeLessThan(goal + BusyMachine);
    }
}
