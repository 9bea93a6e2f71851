using System.Diagnostics;
using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>A consumer in a process of its own, which can be killed. It says what it handles before it handles it.</summary>
internal sealed class ConsumerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private int _handled;

    private ConsumerProcess(Process process, RunLog log)
    {
        _process = process;
        _reading = ReadAsync(log);
    }

    public int Handled => Volatile.Read(ref _handled);

    public static async Task<ConsumerProcess> StartAsync(FaultRun run, string connection, TimeSpan lease)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in new[] { typeof(ConsumerProcess).Assembly.Location, connection, run.Prefix, run.Kind.ToString(), lease.TotalSeconds.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync()).Should().Be("ready");
        return new ConsumerProcess(process, run.Log);
    }

    /// <summary>What the child does.</summary>
    public static async Task RunAsync(string connection, string prefix, TransportKind kind, TimeSpan lease)
    {
        var output = Console.OpenStandardOutput();
        var gate = new object();
        await using var bus = await RedisMessageBus.ConnectAsync(connection, messaging =>
        {
            messaging.KeyPrefix = prefix;
            messaging.Application = "child";
            messaging.UseJson(LoadJson.Default);
            _ = kind == TransportKind.Queue
                ? messaging.AddQueue(FaultRun.Topic, topic =>
                {
                    topic.Carries<LoadMessage>();
                    topic.Lease = lease;
                })
                : messaging.AddStream(FaultRun.Topic, topic =>
                {
                    topic.Carries<LoadMessage>();
                    topic.Lease = lease;
                });
            messaging.AddHandler<LoadMessage>(
                async (message, context, token) =>
                {
                    Say(string.Create(CultureInfo.InvariantCulture, $"{message.Publisher} {message.Number} {context.Attempt}"));
                    await Task.Delay(TimeSpan.FromMilliseconds(1), token);
                },
                handler =>
                {
                    handler.Group = FaultRun.Group;
                    handler.Concurrency = 4;
                });
        });
        Say("ready");
        // Until the parent kills it, or is gone itself.
        await Console.In.ReadLineAsync();

        void Say(string line)
        {
            lock (gate)
            {
                output.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
                output.Flush();
            }
        }
    }

    public void Kill() => _process.Kill();

    /// <summary>Stops as it should.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await Eventually.EndsAsync(_process.WaitForExitAsync(), what: "stopping a consumer's process");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(RunLog log)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            // The last line may be cut off: what was not said was not handled.
            if (line.Split(' ') is [var publisher, var number, var attempt])
            {
                log.Add(new MessageKey(int.Parse(publisher, CultureInfo.InvariantCulture), int.Parse(number, CultureInfo.InvariantCulture)), "child", int.Parse(attempt, CultureInfo.InvariantCulture));
                Interlocked.Increment(ref _handled);
            }
        }
    }
}
