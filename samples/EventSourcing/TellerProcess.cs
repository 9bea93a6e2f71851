using Samples;

namespace EventSourcing;

/// <summary>A teller that works elsewhere, and what it says.</summary>
internal sealed class TellerProcess : IAsyncDisposable
{
    private readonly ChildProgram _program;
    private int _appended;
    private int _conflicts;
    private int _refused;

    public TellerProcess(string name)
    {
        Name = name;
        _program = ChildProgram.Start(["teller", name], Hear);
    }

    public string Name { get; }

    /// <summary>Deposits and withdrawals that went through, as far as it lived to say so.</summary>
    public int Appended => Volatile.Read(ref _appended);

    public int Conflicts => Volatile.Read(ref _conflicts);

    public int Refused => Volatile.Read(ref _refused);

    public string? FirstConflict { get; private set; }

    /// <summary>In the middle of whatever it does.</summary>
    public Task KillAsync() => _program.KillAsync();

    /// <summary>Lets it end what it is at.</summary>
    public Task StopAsync() => _program.StopAsync();

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private void Hear(string line)
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
