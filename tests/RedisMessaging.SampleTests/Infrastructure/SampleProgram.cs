using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>A built sample, started as the process it is: what it prints can be waited for, it can be told lines, and be killed. It dies with the tests.</summary>
internal sealed class SampleProgram : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _output;
    private readonly Task _errors;

    private SampleProgram(Process process)
    {
        _process = process;
        _output = ReadAsync(process.StandardOutput);
        _errors = ReadAsync(process.StandardError);
    }

    /// <summary>What it has printed so far, errors included.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>The same, as one text.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts <c>samples/NAME</c> on a server.</summary>
    /// <param name="name">The sample's folder.</param>
    /// <param name="connection">What is put in place of the connection in its appsettings.json.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">More settings: <c>["ConnectionStrings__Todo"] = …</c>.</param>
    /// <param name="folder">Where it is started from; default: where it was built to.</param>
    public static async Task<SampleProgram> StartAsync(string name, string connection, IEnumerable<string>? arguments = null, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        folder ??= BuiltTo(name);
        var start = ProcessParent.Mortal(["dotnet", Path.Combine(folder, $"{name}.dll"), .. arguments ?? []]);
        start.WorkingDirectory = folder;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
        // What the test run itself was told must not reach the programs it runs.
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith("RedisMessaging__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["RedisMessaging__Connection"] = connection;
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return new SampleProgram(await ProcessParent.StartAsync(start));
    }

    /// <summary>Runs a sample that ends by itself, and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static async Task<string> RunAsync(string name, string connection, IEnumerable<string>? arguments = null, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        await using var program = await StartAsync(name, connection, arguments, environment, folder);
        program.EndInput();
        return await program.EndsWellAsync();
    }

    /// <summary>Where a sample was built to, as these tests were built.</summary>
    public static string BuiltTo(string name) => Repository.Path("samples", name, "bin", Repository.Configuration, "net10.0");

    /// <summary>Waits for a line, printed before or from now on, and returns it.</summary>
    public async Task<string> PrintsAsync(Func<string, bool> isIt, string what, TimeSpan? within = null)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            // Asked first: what it printed before it ended is read by then.
            var ended = _output.IsCompleted;
            if (_lines.FirstOrDefault(isIt) is { } line)
            {
                return line;
            }

            if (ended || waited.Elapsed > (within ?? Longest))
            {
                throw new InvalidOperationException($"{(ended ? "It ended" : "It ran on")} and did not print {what}:\n{Output}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Waits for a line that contains a text.</summary>
    public Task<string> PrintsAsync(string text, TimeSpan? within = null) => PrintsAsync(line => line.Contains(text, StringComparison.Ordinal), $"'{text}'", within);

    /// <summary>Writes a line to its input.</summary>
    public async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ends its input, which tells a sample that runs on to stop.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary><c>SIGTERM</c>, as a service manager sends it. A program that a shell starts in the background ignores <c>SIGINT</c>.</summary>
    public void Terminate() => ProcessSignal.Terminate(_process.Id);

    /// <summary><c>SIGKILL</c>: it gets no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for its end and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0, or did not end.</exception>
    public async Task<string> EndsWellAsync(TimeSpan? within = null)
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _output, _errors).WaitAsync(within ?? Longest);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"It did not end:\n{Output}");
        }

        return _process.ExitCode == 0 ? Output : throw new InvalidOperationException($"Exit code {_process.ExitCode}:\n{Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
        }
    }
}
