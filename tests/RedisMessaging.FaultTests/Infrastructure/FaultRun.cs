using System.Collections.Concurrent;
using RedisMessaging.Bus;
using RedisMessaging.ContractTests;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>
/// One row of the matrix over one transport: publishers and consumers under load, each side as processes of their own would be, and a checker that afterwards
/// compares what was published with what was handled and with what is left in Redis.
/// </summary>
internal sealed class FaultRun : IAsyncDisposable
{
    /// <summary>The names that <c>OpenTransport</c> uses.</summary>
    public const string Topic = "topic";
    public const string Group = "group";

    private const int Publishers = 16;
    private const int FreeDuringFault = 1_000;
    private const int FirstOfItsOwn = 1_000_000;
    private static readonly TimeSpan SlowPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RecoveryDeadline = TimeSpan.FromSeconds(40);

    /// <summary>A busy consumer blocks for 2 s, and counts a second more.</summary>
    private static readonly TimeSpan LongestPark = TimeSpan.FromSeconds(3.2);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly int _row;
    private readonly FaultOptions _options;
    private readonly RedisServer _server;
    private readonly ITestOutputHelper _output;
    private readonly string _filler;
    private readonly List<RedisMessageBus> _consumers = [];
    private readonly List<(TimeSpan From, TimeSpan Until)> _recoveries = [];
    private RedisMessageBus? _publisher;
    private Task[] _publishing = [];
    private int _consumersEver;
    private int _publishersEver;
    private int _killed;
    private volatile Pace _pace = Pace.Free;
    private readonly ConcurrentDictionary<int, int> _sent = new();
    private volatile int _slowFrom;
    private TimeSpan? _ableAt;
    private Dictionary<int, int> _sentBeforeAble = [];

    private FaultRun(int row, TransportKind kind, RedisServer server, FaultOptions options, ITestOutputHelper output)
    {
        _row = row;
        Kind = kind;
        _server = server;
        _options = options;
        _output = output;
        _filler = new string('x', options.Filler);
        if (options.ProxyConsumers)
        {
            ConsumerLink = FaultProxy.Start(server.ConnectionString);
        }

        if (options.ProxyPublishers)
        {
            PublisherLink = FaultProxy.Start(server.ConnectionString);
        }
    }

    public TransportKind Kind { get; }

    public RunLog Log { get; } = new();

    public string Prefix { get; } = UniquePrefix.Create();

    public string Tagged => $"{Prefix}{{{Topic}}}:";

    public FaultProxy ConsumerLink { get => field ?? throw new InvalidOperationException("The row has no proxy for consumers."); }

    public FaultProxy PublisherLink { get => field ?? throw new InvalidOperationException("The row has no proxy for publishers."); }

    public IReadOnlyList<RedisMessageBus> Consumers => _consumers;

    public RedisMessageBus Publisher => _publisher ?? throw new InvalidOperationException("The row has not started.");

    public static async Task<FaultRun> StartAsync(int row, TransportKind kind, RedisServer server, FaultOptions options, ITestOutputHelper output)
    {
        var run = new FaultRun(row, kind, server, options, output);
        for (var i = 0; i < (kind == TransportKind.PubSub ? Math.Min(1, options.Consumers) : options.Consumers); i++)
        {
            await run.AddConsumerAsync();
        }

        run._publisher = await run.ConnectAsync("publisher", options.ProxyPublishers ? run.PublisherLink.ConnectionString : server.ConnectionString, options.Clock, handles: false);
        return run;
    }

    /// <summary>A line in the test's output.</summary>
    public void Say(string line)
    {
        try
        {
            _output.WriteLine(line);
        }
        catch (InvalidOperationException)
        {
            // The test is over.
        }
    }

    /// <summary>A consumer more, as another process would be.</summary>
    public async Task<RedisMessageBus> AddConsumerAsync()
    {
        var name = $"consumer-{++_consumersEver}";
        var bus = await ConnectAsync(
            name,
            _options.ProxyConsumers ? ConsumerLink.ConnectionString : _server.ConnectionString,
            _consumersEver == 1 ? _options.Clock : TimeProvider.System,
            handles: true);
        _consumers.Add(bus);
        return bus;
    }

    /// <summary>A consumer stops as it should.</summary>
    public async Task StopConsumerAsync(RedisMessageBus consumer)
    {
        _consumers.Remove(consumer);
        await Eventually.EndsAsync(consumer.DisposeAsync().AsTask(), what: "stopping a consumer");
    }

    /// <summary>A consumer ended without a word, more than the row's options say.</summary>
    public void NoteKilled() => _killed++;

    /// <summary>Starts publishing. When it returns, so much was published and some of it was handled; load goes on while the fault lasts.</summary>
    public async Task LoadAsync(int messages = 2_000)
    {
        _pace = Pace.Free;
        if (_publishing.Length == 0)
        {
            _publishing = [.. Enumerable.Range(_publishersEver, Publishers).Select(number => Task.Run(() => PublishAsync(number)))];
        }

        var handledBefore = Log.HandledCount;
        var okBefore = Log.Ok;
        await Eventually.TrueAsync(() => Log.Ok - okBefore >= messages && Log.HandledCount > handledBefore, what: $"load: {Log.Ok} published, {Log.HandledCount} handled");
        // The fault meets publishers at full speed; then they slow down, so that it does not matter how long it lasts.
        _slowFrom = Log.Ok + FreeDuringFault;
        _pace = Pace.Slow;
    }

    /// <summary>Publishes one message that is like no other.</summary>
    public async Task<MessageKey> PublishOneAsync(string filler)
    {
        var message = new LoadMessage(FirstOfItsOwn + _sent.Count, 0, filler);
        var sentAt = Log.Now;
        _sent[message.Publisher] = message.Number;
        await Publisher.PublishToAsync(Topic, message);
        Log.Add(message.Key, Outcome.Ok, sentAt);
        return message.Key;
    }

    /// <summary>Publishing ends, and everything is handled.</summary>
    public async Task RestAsync()
    {
        await StopPublishingAsync();
        await DrainAsync();
    }

    /// <summary>The fault is over: the time to recovery begins.</summary>
    public void Able()
    {
        EndRecovery();
        _sentBeforeAble = new Dictionary<int, int>(_sent);
        _ableAt = Log.Now;
    }

    /// <summary>Waits until something is handled that was published after the fault: what was published before may have been on its way already.</summary>
    public async Task RecoverAsync()
    {
        var able = _ableAt ?? throw new InvalidOperationException("No fault is over.");
        await Eventually.TrueAsync(
            () => Log.LastHandled > able && Log.Handled.Any(handling => handling.At > able && handling.Key.Number > _sentBeforeAble.GetValueOrDefault(handling.Key.Publisher, -1)),
            RecoveryDeadline,
            $"row {_row} {Kind} goes on after the fault");
    }

    /// <summary>Publishes what is missing, drains, stops, checks and prints the row's line.</summary>
    /// <param name="others">Consumers in processes of their own, that are to stop as well.</param>
    public async Task<FaultReport> FinishAsync(params IReadOnlyList<ConsumerProcess> others)
    {
        if (_ableAt is not null)
        {
            await RecoverAsync();
        }

        if (_publishing.Length > 0)
        {
            var enough = Math.Max(_options.Messages, Log.Ok + 500);
            _pace = Pace.Free;
            await Eventually.TrueAsync(() => Log.Ok >= enough, RecoveryDeadline, $"{enough} messages published");
        }

        EndRecovery();
        await StopPublishingAsync();
        await DrainAsync();
        await WaitWhileParkedAsync();
        foreach (var consumer in _consumers.ToArray())
        {
            await StopConsumerAsync(consumer);
        }

        foreach (var other in others)
        {
            await other.StopAsync();
        }

        var report = Check(await ReadRedisAsync());
        _output.WriteLine(report.Line);
        _output.WriteLine(report.Details);
        Matrix.Add(report.Line);
        Show("lost", report.Lost.Select(lost => $"{lost.Key} at {lost.At.TotalSeconds:0.000}"));
        Show("doubled", report.Doubled.Select(doubled => string.Join(" ", Log.Handled.Where(handling => handling.Key == doubled.Key))));
        Show("handled although refused", report.Phantoms.Select(phantom => $"{Log.Published.First(published => published.Key == phantom)}"));
        Show("not ok", Log.Published.Where(published => published.Error is not null).GroupBy(published => (published.Outcome, Text: FirstLine(published.Error!))).Select(same => $"{same.Count()} times {same.Key.Outcome}: {same.Key.Text}"));
        return report;
    }

    /// <summary>
    /// A queue's consumer that stops while the server may still be parked on a blocking read of its that broke leaves its registration behind, as it should: what arrives there must be found.
    /// </summary>
    private async Task WaitWhileParkedAsync()
    {
        if (Kind == TransportKind.Queue && Log.LastReceiveFault is { } last && last + LongestPark - Log.Now is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest);
        }
    }

    public async Task<RedisContents> ReadRedisAsync()
    {
        if (Kind == TransportKind.PubSub)
        {
            return new RedisContents { Waiting = [], WaitingCount = 0, DeadLetters = [], DeadLetterCount = 0, Held = new Dictionary<string, long>(), Registered = new Dictionary<string, long>() };
        }

        await using var connection = await ConnectionMultiplexer.ConnectAsync(_server.ConnectionString + ",allowAdmin=true");
        return await RedisInspector.ReadAsync(connection, Kind, Tagged);
    }

    public async ValueTask DisposeAsync()
    {
        _pace = Pace.Stopped;
        foreach (var bus in _consumers.Append(_publisher))
        {
            if (bus is not null)
            {
                await bus.DisposeAsync();
            }
        }

        if (_options.ProxyConsumers)
        {
            await ConsumerLink.DisposeAsync();
        }

        if (_options.ProxyPublishers)
        {
            await PublisherLink.DisposeAsync();
        }
    }

    /// <summary>A transport without a bus around it, for a consumer that takes messages and says nothing more.</summary>
    public OpenTransport OpenTransport() => new(_server.ConnectionString, Prefix, Kind, options =>
    {
        switch (options)
        {
            case QueueOptions queue:
                queue.Lease = _options.Lease;
                break;
            case StreamOptions stream:
                stream.Lease = _options.Lease;
                break;
        }
    });

    private async Task<RedisMessageBus> ConnectAsync(string name, string connection, TimeProvider clock, bool handles)
    {
        // What RedisMessageBus.ConnectAsync does, with a clock.
        var messaging = new RedisMessagingBuilder { KeyPrefix = Prefix, Application = name };
        messaging.UseJson(LoadJson.Default);
        AddTopic(messaging);
        if (handles)
        {
            messaging.AddHandler<LoadMessage>((message, context, token) => HandleAsync(name, message, context, token), handler =>
            {
                handler.Group = Group;
                handler.Concurrency = Kind == TransportKind.PubSub ? 1 : _options.Concurrency;
            });
        }

        var source = ConnectionSource.From(connection + _options.Connection);
        var bus = new RedisMessageBus(new BusSetup
        {
            Builder = messaging,
            Options = messaging.Options,
            Source = source,
            Application = name,
            Time = clock,
            Loggers = new WarningLog(_output, Log, name),
        });
        try
        {
            await bus.StartAsync(CancellationToken.None);
            return bus;
        }
        catch
        {
            await bus.DisposeAsync();
            throw;
        }
    }

    private void AddTopic(RedisMessagingBuilder messaging)
    {
        _ = Kind switch
        {
            TransportKind.PubSub => messaging.AddPubSub(Topic, topic =>
            {
                topic.Carries<LoadMessage>();
                // Only what the network loses is of interest.
                topic.BufferCapacity = 1_000_000;
                topic.BufferBytes = long.MaxValue;
            }),
            TransportKind.Queue => messaging.AddQueue(Topic, topic =>
            {
                topic.Carries<LoadMessage>();
                topic.Lease = _options.Lease;
                topic.WaitForReplicas = _options.WaitForReplicas;
            }),
            _ => messaging.AddStream(Topic, topic =>
            {
                topic.Carries<LoadMessage>();
                topic.Lease = _options.Lease;
                topic.WaitForReplicas = _options.WaitForReplicas;
            }),
        };
    }

    private async ValueTask HandleAsync(string consumer, LoadMessage message, MessageContext context, CancellationToken cancellationToken)
    {
        Log.Add(message.Key, consumer, context.Attempt);
        if (Kind != TransportKind.PubSub && _options.Work(message) is var work && work > TimeSpan.Zero)
        {
            await Task.Delay(work, cancellationToken);
        }
    }

    private async Task PublishAsync(int publisher)
    {
        for (var number = 0; _pace != Pace.Stopped; number++)
        {
            var message = new LoadMessage(publisher, number, _filler);
            var sentAt = Log.Now;
            _sent[publisher] = number;
            try
            {
                await _publisher!.PublishToAsync(Topic, message, _options.GivenIds ? new PublishOptions { MessageId = $"{publisher}-{number}" } : null);
                Log.Add(message.Key, Outcome.Ok, sentAt);
            }
            catch (PublishRefusedException refused)
            {
                Log.Add(message.Key, Outcome.Refused, sentAt, refused);
                await Task.Delay(SlowPause);
            }
            catch (PublishOutcomeUnknownException unknown)
            {
                Log.Add(message.Key, Outcome.Unknown, sentAt, unknown);
            }

            if (_pace == Pace.Slow && Log.Ok >= _slowFrom)
            {
                await Task.Delay(_options.Pause);
            }
        }
    }

    private async Task StopPublishingAsync()
    {
        _pace = Pace.Stopped;
        await Eventually.EndsAsync(Task.WhenAll(_publishing), RecoveryDeadline, "publishing");
        _publishersEver += _publishing.Length;
        _publishing = [];
    }

    /// <summary>Until nothing waits, nothing is held and nothing is being handled; or for so long that something must be wrong, which the checker tells.</summary>
    private async Task DrainAsync()
    {
        var started = Log.Now;
        while (Log.Now - started < RecoveryDeadline)
        {
            // Twice, since the keys are read one after the other: what a consumer gives back meanwhile can be missed in both places, once.
            if (Log.Now - Log.LastHandled > Quiet && Log.Now - started > Quiet && (await ReadRedisAsync()).IsDrained && (await ReadRedisAsync()).IsDrained)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    private void EndRecovery()
    {
        if (_ableAt is { } able)
        {
            _recoveries.Add((able, Log.Now));
            _ableAt = null;
        }
    }

    /// <summary>
    /// The longest time without a handling while messages were published, from the end of a fault on. Not just until the first handling: that one may have been
    /// prefetched before the fault.
    /// </summary>
    private TimeSpan LongestSilence()
    {
        var longest = TimeSpan.Zero;
        foreach (var (from, until) in _recoveries)
        {
            var last = from;
            foreach (var at in Log.Handled.Select(handling => handling.At).Where(at => at > from && at <= until).Order())
            {
                longest = at - last > longest ? at - last : longest;
                last = at;
            }
        }

        return longest;
    }

    private FaultReport Check(RedisContents redis)
    {
        var handled = Log.Handled.GroupBy(handling => handling.Key).ToDictionary(group => group.Key, group => group.ToArray());
        var dead = redis.DeadLetters.ToHashSet();
        var waiting = redis.Waiting.ToHashSet();
        var missing = Log.Published.Where(published => published.Outcome == Outcome.Ok && !handled.ContainsKey(published.Key) && !dead.Contains(published.Key)).ToList();
        // A consumer that was killed stays registered for a while, since the server may still be parked on its behalf.
        var leaks = redis.Held.Concat(redis.Registered.Where(registered => registered.Value > _options.Killed + _killed)).ToList();
        return new FaultReport
        {
            Row = _row,
            Note = _options.Note,
            Kind = Kind,
            Ok = Log.Ok,
            Refused = Log.Published.Count(published => published.Outcome == Outcome.Refused),
            Unknown = Log.Published.Count(published => published.Outcome == Outcome.Unknown),
            Lost = missing.FindAll(published => !waiting.Contains(published.Key)),
            Left = missing.Count(published => waiting.Contains(published.Key)),
            Doubled = [.. handled.Values.SelectMany(handlings => handlings.Skip(1))],
            Phantoms = [.. Log.Published.Where(published => published.Outcome == Outcome.Refused && handled.ContainsKey(published.Key)).Select(published => published.Key)],
            Inversions = CountInversions(),
            Leaks = [.. leaks.Select(leak => $"{leak.Key}: {leak.Value}")],
            Leaked = leaks.Sum(leak => leak.Value),
            Recovered = LongestSilence(),
            DeadLetters = redis.DeadLetterCount,
            DeadLettered = redis.DeadLetters,
            Took = Log.Now,
        };
    }

    private int CountInversions()
    {
        var inversions = 0;
        var seen = new HashSet<MessageKey>();
        var highest = new Dictionary<int, int>();
        foreach (var handling in Log.Handled)
        {
            if (!seen.Add(handling.Key))
            {
                continue;
            }

            if (highest.TryGetValue(handling.Key.Publisher, out var last) && handling.Key.Number < last)
            {
                inversions++;
            }
            else
            {
                highest[handling.Key.Publisher] = handling.Key.Number;
            }
        }

        return inversions;
    }

    private static string FirstLine(Exception error)
    {
        // What the library throws tells what StackExchange.Redis threw.
        var cause = error.InnerException ?? error;
        var text = $"{cause.GetType().Name}: {cause.Message.Split('\n')[0]}";
        return text.Length > 120 ? text[..120] : text;
    }

    private void Show(string what, IEnumerable<string> items)
    {
        foreach (var item in items.Take(10))
        {
            _output.WriteLine($"{what}: {item}");
        }
    }
}
