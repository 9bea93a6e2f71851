using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RedisMessaging.FaultTests;

/// <summary>A consumer in a process of its own, which can be killed, frozen and stopped. It says what it has handled.</summary>
internal sealed class ConsumerProcess : IAsyncDisposable
{
    private const int LongestComplaint = 4_000;

    private readonly Process _process;
    private readonly Task _reading;
    private readonly Task<string> _complaining;
    private volatile string? _build;
    private int _handled;
    private int _leasesLost;

    private ConsumerProcess(Process process, FaultRun run)
    {
        _process = process;
        _reading = ReadAsync(run.Log);
        _complaining = ReadComplaintsAsync(run);
    }

    /// <summary>The version of the library that it runs.</summary>
    public string Build => _build ?? throw new InvalidOperationException("The consumer process is not ready.");

    public int Handled => Volatile.Read(ref _handled);

    /// <summary>How many messages it held when it was told that they are not its own any more.</summary>
    public int LeasesLost => Volatile.Read(ref _leasesLost);

    public bool HasExited => _process.HasExited;

    public static Task<ConsumerProcess> StartAsync(FaultRun run, string connection, TimeSpan lease) =>
        StartAsync(run, new ConsumerProcessOptions { Connection = connection, Prefix = run.Prefix, Kind = run.Kind, Lease = lease });

    /// <param name="program">Another build of this assembly.</param>
    /// <exception cref="InvalidOperationException">It ended before it consumed; the text has what it said.</exception>
    public static async Task<ConsumerProcess> StartAsync(FaultRun run, ConsumerProcessOptions options, string? program = null)
    {
        var start = ProcessParent.Mortal(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : ProcessParent.FindOnPath("dotnet") ?? "dotnet",
            program ?? typeof(ConsumerProcess).Assembly.Location,
            JsonSerializer.Serialize(options, LoadJson.Default.ConsumerProcessOptions));
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        var consumer = new ConsumerProcess(await ProcessParent.StartAsync(start), run);
        await Eventually.TrueAsync(() => consumer._build is not null || consumer._reading.IsCompleted, what: "the consumer process is ready");
        if (consumer._build is null)
        {
            await using (consumer)
            {
                throw new InvalidOperationException($"The consumer process ended before it was ready: {await consumer._complaining}");
            }
        }

        return consumer;
    }

    public void Kill() => _process.Kill();

    public void Freeze() => ProcessSignal.Freeze(_process.Id);

    public void Thaw() => ProcessSignal.Thaw(_process.Id);

    /// <summary>Stops it as a process that is told to stop.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await Eventually.EndsAsync(ExitsAsync(), what: "stopping a consumer process");
        _process.ExitCode.Should().Be(0, await _complaining);
    }

    /// <summary>Until it is gone and everything it said was read.</summary>
    public async Task ExitsAsync()
    {
        await _process.WaitForExitAsync();
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await ExitsAsync();
        await _complaining;
        _process.Dispose();
    }

    private async Task<string> ReadComplaintsAsync(FaultRun run)
    {
        var complaint = new StringBuilder();
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            run.Say(line);
            if (complaint.Length < LongestComplaint)
            {
                complaint.AppendLine(line);
            }
        }

        return complaint.ToString();
    }

    private async Task ReadAsync(RunLog log)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            // The last line may be cut off: what was not said was not handled.
            switch (line.Split(' '))
            {
                case ["handled", var publisher, var number, var attempt]:
                    log.Add(new MessageKey(Number(publisher), Number(number)), "child", Number(attempt));
                    Interlocked.Increment(ref _handled);
                    break;
                case ["ready", var build]:
                    _build = build;
                    break;
                case ["lost", var count]:
                    Interlocked.Add(ref _leasesLost, Number(count));
                    break;
            }
        }

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
