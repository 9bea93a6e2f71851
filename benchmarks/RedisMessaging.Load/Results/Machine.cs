using System.Globalization;
using System.Reflection;
using System.Runtime;
using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace RedisMessaging.Load.Results;

/// <summary>What was measured on: figures without it say little.</summary>
internal sealed record Machine(string Processor, int Cores, string Kernel, string Runtime, string Redis, string Date)
{
    private const string Processors = "/proc/cpuinfo";

    public static async Task<Machine> ReadAsync(string connection)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection);
        var client = typeof(ConnectionMultiplexer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        return new Machine(
            ReadProcessor(),
            Environment.ProcessorCount,
            $"{RuntimeInformation.OSDescription}, kernel {Environment.OSVersion.Version}",
            $".NET {Environment.Version} with {(GCSettings.IsServerGC ? "server" : "workstation")} GC",
            $"Redis {redis.GetServers()[0].Version}, StackExchange.Redis {client}",
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    public override string ToString() => $"{Processor}, {Cores} cores shared by client and server; {Kernel}; {Runtime}; {Redis}; {Date}";

    private static string ReadProcessor()
    {
        var line = File.Exists(Processors) ? File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..];
    }
}
