using System.Diagnostics;
using Samples;

namespace EventSourcing.Projection;

/// <summary>A projector that runs elsewhere.</summary>
internal sealed class ProjectorProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ProjectorProcess(Process process) => _process = process;

    public static async Task<ProjectorProcess> StartAsync()
    {
        var process = OwnProgram.Start("project");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == Projector.Projecting)
            {
                return new ProjectorProcess(process);
            }
        }

        throw new InvalidOperationException("The projector ended before it began.");
    }

    /// <summary>With whatever it holds.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
