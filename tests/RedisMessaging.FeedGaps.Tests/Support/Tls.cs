using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RedisMessaging.FeedGaps.Tests.Support;

/// <summary>A certificate of our own, and TLS with it.</summary>
internal static class Tls
{
    public static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public static bool IsOurs(X509Certificate? given, X509Certificate ours)
        => given is not null && given.GetCertHashString() == ours.GetCertHashString();

    public static async Task<(Stream Near, Stream Far)> AuthenticateAsync(SocketPair pair)
    {
        using var certificate = NewCertificate();
        var near = new SslStream(new NetworkStream(pair.Near, true), false, (_, given, _, _) => IsOurs(given, certificate));
        var far = new SslStream(new NetworkStream(pair.Far, true), false);
        await Task.WhenAll(
            near.AuthenticateAsClientAsync("localhost"),
            far.AuthenticateAsServerAsync(certificate)).Within();
        return (near, far);
    }
}
