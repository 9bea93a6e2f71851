using System.Diagnostics;
using Samples;

namespace Todo.Story;

/// <summary>API or worker, running as the process it is. What it logs is printed; all of it can be waited for.</summary>
internal sealed class Part : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly string _name;
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Part(string name, Process process)
    {
        (_name, _process) = (name, process);
        _reading = ReadAsync();
    }

    public static Part Start(string name, IEnumerable<string> settings) => new(name, OwnProgram.Start([name, "--StopAtEndOfInput=true", .. settings]));

    /// <summary>Waits until it has logged a text, and returns the line.</summary>
    public async Task<string> LogsAsync(string text)
    {
        using var deadline = new CancellationTokenSource(Longest);
        while (true)
        {
            Task more;
            lock (_lines)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                more = _more.Task;
            }

            if (_reading.IsCompleted)
            {
                throw new InvalidOperationException($"The {_name} ended and did not log '{text}'.");
            }

            await Task.WhenAny(more, _reading).WaitAsync(deadline.Token);
        }
    }

    /// <summary><c>SIGKILL</c>, as a crash or the machine's power: it gets no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _reading;
    }

    /// <summary>Lets it stop in peace, if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
        }

        await _reading;
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            // `info: Todo.Worker.Projection[1] handled: …`: what is the program's own, without where in it.
            if (line.Contains(": Todo.", StringComparison.Ordinal))
            {
                Console.WriteLine($"    {_name,-6} | {line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..]}");
            }

            lock (_lines)
            {
                _lines.Add(line);
                _more.SetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
