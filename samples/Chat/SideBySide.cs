using System.Net;
using System.Net.Sockets;
using Samples;

namespace Chat;

/// <summary>Two servers as processes of their own. One that dies is started again a moment later, at the same address.</summary>
internal static class SideBySide
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string[] args)
    {
        using var stopping = new CancellationTokenSource();
        Console.CancelKeyPress += (_, key) =>
        {
            key.Cancel = true;
            stopping.Cancel();
        };

        string[] urls = [UrlAt(5081), UrlAt(5082)];
        Console.WriteLine($"""
            == Two servers, bridged by Redis. Open one page on each, and talk:
               {urls[0]}
               {urls[1]}
               {urls[0]}/?server={urls[1]}   (the first one's page, the second one's server)
            == Kill one of them (kill -9), say something on the other, and see its page catch up. Ctrl+C ends both.
            """);
        // The pages of each may talk to the other.
        string[] origins = [.. urls.Select((url, index) => $"--Chat:Origins:{index}={url}")];
        var servers = urls.Select(url => KeepRunningAsync(url, [.. args, .. origins], stopping.Token)).ToArray();
        _ = InputEnd.WaitAsync().ContinueWith(_ => stopping.Cancel(), TaskScheduler.Default);
        await Task.WhenAll(servers);
    }

    private static async Task KeepRunningAsync(string url, string[] args, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var server = OwnProgram.Start(["serve", "--urls", url, .. args]);
            // It stops in peace when its input ends.
            await using var stop = cancellationToken.Register(server.StandardInput.Close);
            while (await server.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
            {
                Console.WriteLine($"{url} | {line}{(line.StartsWith(ChatServer.Listening, StringComparison.Ordinal) ? $" (process {server.Id})" : "")}");
            }

            await server.WaitForExitAsync(CancellationToken.None);
            if (!cancellationToken.IsCancellationRequested)
            {
                Console.WriteLine($"{url} | ended with exit code {server.ExitCode}; it starts again in {Pause.TotalSeconds} s");
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The port that is asked for, or another one where that is taken.</summary>
    private static string UrlAt(int port)
    {
        try
        {
            return $"http://127.0.0.1:{Try(port)}";
        }
        catch (SocketException)
        {
            return $"http://127.0.0.1:{Try(0)}";
        }
    }

    private static int Try(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
