using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace RedisMessaging.FeedGaps.Tests.Support;

/// <summary>A redis-server of our own on a free port, ended with the tests that use it.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private const int Attempts = 5;

    private readonly X509Certificate2 _certificate = Tls.NewCertificate();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("feed-gaps-");
    private readonly List<string> _output = [];
    private Process? _process;
    private int _port;
    private int _tlsPort;

    /// <summary>Why there is no server, or null when there is one.</summary>
    public string? Missing { get; private set; }

    public async Task InitializeAsync()
    {
        if (!IsOnPath("redis-server"))
        {
            Missing = "Not run: redis-server is not on PATH.";
            return;
        }

        var certificateFile = Path.Combine(_folder.FullName, "certificate.pem");
        var keyFile = Path.Combine(_folder.FullName, "key.pem");
        await File.WriteAllTextAsync(certificateFile, _certificate.ExportCertificatePem());
        using (var key = _certificate.GetRSAPrivateKey()!)
        {
            await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        }

        // Somebody else may take a free port before the server does.
        for (var attempt = 1; !await TryStartAsync(certificateFile, keyFile); attempt++)
        {
            if (attempt == Attempts)
            {
                throw new InvalidOperationException($"redis-server does not start:\n{string.Join('\n', _output)}");
            }
        }
    }

    public ConfigurationOptions Options(RedisProtocol protocol, bool tls = false)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", tls ? _tlsPort : _port } },
            Protocol = protocol,
            AllowAdmin = true,
            Ssl = tls,
            SslHost = tls ? "localhost" : null,
            AsyncTimeout = 20_000,
            SyncTimeout = 20_000,
            ReconnectRetryPolicy = new LinearRetry(50),
        };
        options.CertificateValidation += (_, given, _, _) => Tls.IsOurs(given, _certificate);
        return options;
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync().Within();
            _process.Dispose();
        }

        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private static bool IsOnPath(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private async Task<bool> TryStartAsync(string certificateFile, string keyFile)
    {
        var ports = FreePorts(2);
        (_port, _tlsPort) = (ports[0], ports[1]);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new ProcessStartInfo("redis-server")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--port", $"{_port}", "--bind", "127.0.0.1", "--save", string.Empty, "--appendonly", "no",
                "--dir", _folder.FullName, "--tls-port", $"{_tlsPort}", "--tls-auth-clients", "no",
                "--tls-cert-file", certificateFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certificateFile,
            },
        };
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) =>
        {
            lock (_output)
            {
                _output.Add(line.Data ?? string.Empty);
            }

            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true)
            {
                ready.TrySetResult();
            }
        };
        process.Start();
        process.BeginOutputReadLine();

        await Task.WhenAny(ready.Task, process.WaitForExitAsync()).Within();
        if (process.HasExited)
        {
            process.Dispose();
            return false;
        }

        _process = process;
        return true;
    }
}
