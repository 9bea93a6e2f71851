using System.Diagnostics;
using System.Text.Json;
using RedisMessaging.Load.Commands;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>A consumer in a second instance of this program, which says on its output how far it is: <see cref="ConsumeCommand"/>.</summary>
internal sealed class ProcessConsumption : IConsumption
{
    private readonly Process _process;

    private ProcessConsumption(Process process) => _process = process;

    public static async Task<ProcessConsumption> StartAsync(Way way, Place place, int warmUp, int messages)
    {
        var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(ProcessConsumption).Assembly.Location] : Array.Empty<string>(),
                "consume", "--transport", $"{way.Transport}", "--way", way.Name, "--connection", place.Connection, "--prefix", place.Prefix, "--warm-up", $"{warmUp}", "--messages", $"{messages}",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var consumption = new ProcessConsumption(process);
        try
        {
            await consumption.ReadAsync(ConsumeCommand.Ready);
            return consumption;
        }
        catch
        {
            await consumption.DisposeAsync();
            throw;
        }
    }

    public Task WarmedUpAsync() => ReadAsync(ConsumeCommand.WarmedUp);

    public async Task<Consumed> HandledAsync() => JsonSerializer.Deserialize(await ReadAsync(ConsumeCommand.Handled), ResultsJson.Default.Consumed)!;

    public async ValueTask DisposeAsync()
    {
        // The end of its input tells it to stop.
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <returns>What stands behind the word.</returns>
    private async Task<string> ReadAsync(string word)
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(3)) ?? throw new InvalidOperationException("The consumer's process ended.");
        return line.StartsWith(word, StringComparison.Ordinal) ? line[word.Length..] : throw new InvalidOperationException($"The consumer's process said: {line}");
    }
}
