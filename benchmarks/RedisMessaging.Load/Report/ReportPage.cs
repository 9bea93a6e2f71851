using System.Globalization;
using System.Text;
using RedisMessaging.Load.Results;

namespace RedisMessaging.Load.Report;

/// <summary>docs/benchmarks.md and the charts beside it. A part that was never measured is left out.</summary>
internal sealed class ReportPage(TargetReport? targets, UsualReport? usual, GrowthReport? growth, IReadOnlyList<Recorded> recorded)
{
    public static readonly string File = Repository.Path("docs", "benchmarks.md");

    private static readonly string Charts = Repository.Path("docs", "benchmarks");

    private const string Introduction = """
        # Benchmarks

        How fast RedisMessaging is, held against programs written by hand with StackExchange.Redis that promise the same. This page and its charts are written by `./build.sh bench report`.

        Client and server share the machine, over loopback, so figures in messages a second are this machine's alone: look at the ratios. What is compared takes turns, round by round, in one run; a
        ratio is taken within each round, and the table has the median of the rounds. Messages are objects with six properties, five of them strings, which are about 256 bytes as source-generated JSON; the programs
        written by hand send as many bytes around them as the bus does, and write and read the same JSON, unless a row says otherwise. AOF and snapshots are off. Consumers of the bus have a `Prefetch` of 1,000.


        """;

    private const string Definitions = """

        - *The same bytes through StackExchange.Redis* is `LPUSH`, `XADD` or `PUBLISH` of a ready frame, awaited by as many callers on one connection with StackExchange.Redis' defaults; the bus writes its JSON in that time, too.
          *Thread pool* is the same with `SocketManager.ThreadPool`, which the connections of the bus have, too.
        - *The best hand-written loop* claims batches by a script into a hash and acks them with one `HDEL`, or reads them with `XREADGROUP` and acks them with one `XACK`: batches of 100, 250 and 500, with the
          next batch asked for before or after this one is handled. All are tried first, and the fastest one on this machine is the one to beat.
        - *One by one* is what is usually written: `BLMOVE` and an awaited `LREM` for each message, or `XREADGROUP` with `COUNT 10` and an awaited `XACK` for each.
        - *A raw blocking read* is `BLMOVE` or `XREADGROUP … BLOCK` on a connection of its own, with acks that nobody waits for, or `SUBSCRIBE`.
        - *Allocated* counts publisher and consumer, and everything in the process: the message and its strings on both sides included. Of a message that goes through a queue about 540 B are the object
          that the handler gets with its five strings, 380 B the array that StackExchange.Redis returns its frame in, 160 B what the bus notes of it until it is acked, 180 B its `MessageContext`,
          90 B its id, 65 B what finds a property that is there twice, 64 B the object that is published; the rest is commands, replies and tasks. The five strings and the array alone leave
          the absolute figures out of reach for this message; they were set with one half as large.


        """;

    private readonly StringBuilder _text = new();

    public async Task WriteAsync()
    {
        Directory.CreateDirectory(Charts);
        _text.Append(Introduction);
        if (targets is not null)
        {
            _text.Append("## Targets\n\n");
            _text.Append(TargetTable.Write(targets)).Append(Definitions);
            Tell("bench targets", targets.Machine, targets.Rounds);
            await ShowAsync("throughput", "End to end through the three transports", TargetCharts.Throughput(targets));
            Tell("bench targets flat-out end-to-end", targets.Machine, targets.Rounds);
            _text.Append(WayTable.Write(targets, "flat-out-pubsub", "end-to-end-queue", "end-to-end-stream"));
            _text.Append("*redis-benchmark* is what the server does at the most on this machine with the same bytes, 50 connections and 64 commands in each write, in and out again; without acks, which no transport that acks can do without.\n\n");
            await ShowAsync("publish", "Publishing", TargetCharts.Publishing(targets));
            Tell("bench targets publish", targets.Machine, targets.Rounds);
            _text.Append(WayTable.Write(targets, "publish-64-pubsub", "publish-64-queue", "publish-64-stream"));
            await ShowAsync("drain", "Draining a backlog", TargetCharts.Draining(targets));
            Tell("bench targets drain", targets.Machine, targets.Rounds);
            _text.Append(WayTable.Write(targets, "drain-queue", "drain-stream"));
            await ShowAsync("latency", "Latency", TargetCharts.Latency(targets));
            Tell("bench targets latency", targets.Machine, targets.Rounds);
            _text.Append(WayTable.Write(targets, "latency-p50-pubsub", "latency-p50-queue", "latency-p50-stream"));
        }

        if (usual is not null)
        {
            await ShowAsync("usual", "Beside what is usually written by hand", TargetCharts.Usual(usual));
            Tell("bench usual", usual.Machine, usual.Rounds);
            _text.Append(WayTable.Write(usual.Samples.SelectMany(pair => pair.Value.Select(sample => (pair.Key, sample)))));
            _text.Append("`brpop` and `blmpop-100` lose what they were given when they die, `fire-and-forget` what was not sent yet. The batches and `one-by-one` wait in blocking reads, `poll-…` sleeps when nothing is there.\n\n");
        }

        if (growth is not null)
        {
            _text.Append("## Growth\n\nWhat a message costs when something grows: CPU time of client and server together, with 64 callers that publish.\n\n");
            foreach (var result in growth.Results)
            {
                await ShowAsync($"growth-{result.Name}", result.Title, GrowthCharts.Draw(result), "###");
                Tell($"bench growth {result.Name}", growth.Machine, growth.Rounds);
                _text.Append(GrowthTable.Write(result)).Append('\n');
            }
        }

        if (recorded.Count > 1)
        {
            _text.Append("## On other processors\n\nHow much of a message's time is spent in the system, and how much in the program, differs from one machine to another, and so do the ratios. What `./build.sh bench quick --record` found on each, with smaller backlogs than above:\n\n");
            _text.Append(RecordedTable.Write(recorded)).Append('\n');
        }

        _text.Append("""
            ## Other commands

            - `./build.sh bench load`: publishers and a consumer in one or two processes, flat out or at a rate; `./build.sh --help` has its options.
            - `./build.sh bench '*'`: publishing, the envelope and draining by BenchmarkDotNet, with what they allocate.
            - `./build.sh bench quick`: some ratios in under three minutes, held against [those recorded](../benchmarks/recorded.json) on the same processor; it fails when one fell by more than 20 %.

            """);
        await System.IO.File.WriteAllTextAsync(File, _text.ToString().ReplaceLineEndings("\n"));
    }

    private async Task ShowAsync(string name, string title, string? chart, string heading = "##")
    {
        _text.Append(CultureInfo.InvariantCulture, $"{heading} {title}\n\n");
        if (chart is not null)
        {
            await System.IO.File.WriteAllTextAsync(Path.Combine(Charts, $"{name}.svg"), chart);
            _text.Append(CultureInfo.InvariantCulture, $"![{title}](benchmarks/{name}.svg)\n\n");
        }
    }

    private void Tell(string command, Machine machine, int rounds) => _text.Append(CultureInfo.InvariantCulture, $"`./build.sh {command}`; {machine}; {(rounds == 1 ? "one round" : $"medians of {rounds} rounds, 5 for drains")}.\n\n");
}
