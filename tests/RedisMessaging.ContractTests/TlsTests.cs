using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Everything over TLS, with a certificate of the test's own.</summary>
public sealed class TlsTests(ITestOutputHelper output) : StartUpTest(output), IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("redis-messaging-tls-");

    public static TheoryData<TransportKind> All => [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];

    private string Certificate => Path.Combine(_directory.FullName, "server.crt");

    public void Dispose() => _directory.Delete(recursive: true);

    [TlsTheory]
    [MemberData(nameof(All))]
    public async Task Every_connection_is_made_with_what_the_options_trust(TransportKind kind)
    {
        var options = ConfigurationOptions.Parse(await StartTlsServerAsync());
        options.TrustIssuer(Certificate);
        await using var services = new ServiceCollection().AddRedisMessaging(options, messaging => Configure(messaging, kind)).BuildServiceProvider();
        var bus = services.GetRequiredService<RedisMessageBus>();
        await bus.StartAsync(CancellationToken.None);

        await WorksAsync(bus);
    }

    [TlsTheory]
    [MemberData(nameof(All))]
    public async Task A_certificate_that_is_not_trusted_is_told(TransportKind kind) =>
        await IsRefusedAsync(await StartTlsServerAsync(), kind, "*TLS handshake*certificate*TrustIssuer*");

    [TlsTheory]
    [InlineData(TransportKind.Queue)]
    public async Task A_connection_whose_string_does_not_say_what_it_trusts_needs_BlockingConnectionOptions(TransportKind kind)
    {
        var options = ConfigurationOptions.Parse(await StartTlsServerAsync());
        options.TrustIssuer(Certificate);
        await using var existing = await ConnectionMultiplexer.ConnectAsync(options);

        await IsRefusedAsync(() => StartAsync(existing, kind, null), "*IConnectionMultiplexer*BlockingConnectionOptions*");
        await StartAsync(existing, kind, options);
    }

    private static async Task StartAsync(IConnectionMultiplexer existing, TransportKind kind, ConfigurationOptions? blocking)
    {
        await using var services = new ServiceCollection()
            .AddSingleton(existing)
            .AddRedisMessaging(messaging => Configure(messaging, kind, more => more.BlockingConnectionOptions = blocking))
            .BuildServiceProvider();
        var bus = services.GetRequiredService<RedisMessageBus>();
        await bus.StartAsync(CancellationToken.None);
        await WorksAsync(bus);
    }

    /// <returns>The connection string of its TLS port.</returns>
    private async Task<string> StartTlsServerAsync()
    {
        var key = Path.Combine(_directory.FullName, "server.key");
        using (var rsa = RSA.Create(2048))
        {
            var request = new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            var now = TimeProvider.System.GetUtcNow();
            using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            await File.WriteAllTextAsync(Certificate, certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(key, rsa.ExportPkcs8PrivateKeyPem());
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await StartServerAsync("--tls-port", $"{port}", "--tls-cert-file", Certificate, "--tls-key-file", key, "--tls-ca-cert-file", Certificate, "--tls-auth-clients", "no");
        return $"127.0.0.1:{port},ssl=true,sslHost=localhost";
    }
}
