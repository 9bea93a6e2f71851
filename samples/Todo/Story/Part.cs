using Samples;

namespace Todo.Story;

/// <summary>API or worker, running as the process it is. What it logs is printed; all of it can be waited for.</summary>
internal sealed class Part : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly string _name;
    private readonly ChildProgram _program;
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Part(string name, IEnumerable<string> settings)
    {
        _name = name;
        _program = ChildProgram.Start([name, "--StopAtEndOfInput=true", .. settings], Hear);
    }

    public static Part Start(string name, IEnumerable<string> settings) => new(name, settings);

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

            if (_program.Ended.IsCompleted)
            {
                throw new InvalidOperationException($"The {_name} ended and did not log '{text}'.");
            }

            await Task.WhenAny(more, _program.Ended).WaitAsync(deadline.Token);
        }
    }

    /// <summary><c>SIGKILL</c>, as a crash or the machine's power: it gets no chance to tidy up.</summary>
    public Task KillAsync() => _program.KillAsync();

    /// <summary>Lets it stop in peace, if it still runs.</summary>
    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private void Hear(string line)
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
