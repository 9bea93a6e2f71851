using System.Diagnostics;
using Samples;

namespace EventSourcing;

/// <summary>A teller that works elsewhere, and what it says.</summary>
internal sealed class TellerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private int _appended;
    private int _conflicts;
    private int _refused;

    public TellerProcess(string name)
    {
        Name = name;
        _process = OwnProgram.Start("teller", name);
        _reading = ReadAsync();
    }

    public string Name { get; }

    /// <summary>Deposits and withdrawals that went through, as far as it lived to say so.</summary>
    public int Appended => Volatile.Read(ref _appended);

    public int Conflicts => Volatile.Read(ref _conflicts);

    public int Refused => Volatile.Read(ref _refused);

    public string? FirstConflict { get; private set; }

    /// <summary>In the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _reading;
    }

    /// <summary>Lets it end what it is at.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
        }

        await _reading;
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(Teller.Appended, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _appended);
            }
            else if (line.Contains(Teller.Conflict, StringComparison.Ordinal))
            {
                FirstConflict ??= line;
                Interlocked.Increment(ref _conflicts);
            }
            else if (line.Contains(Teller.Refused, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _refused);
            }
        }
    }
}
