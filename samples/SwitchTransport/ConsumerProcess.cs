using System.Diagnostics;
using System.Globalization;
using Samples;

namespace SwitchTransport;

/// <summary>A consumer that runs elsewhere, and what it says.</summary>
internal sealed class ConsumerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ConsumerProcess(Process process, Tally tally)
    {
        _process = process;
        _reading = ReadAsync(tally);
    }

    public static async Task<ConsumerProcess> StartAsync(string keyPrefix, string transport, Tally tally)
    {
        var consumer = new ConsumerProcess(OwnProgram.Start("consume", keyPrefix, transport), tally);
        await consumer._listening.Task.WaitAsync(Longest);
        return consumer;
    }

    /// <summary>As a crash does, or the machine's power: nothing is given back, nothing is said.</summary>
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

    private async Task ReadAsync(Tally tally)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                tally.Add(number);
            }
            else if (line == Consumer.Listening)
            {
                _listening.TrySetResult();
            }
        }

        _listening.TrySetException(new InvalidOperationException("The consumer ended before it listened."));
    }
}
