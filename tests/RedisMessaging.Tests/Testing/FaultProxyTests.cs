using System.Net;
using System.Net.Sockets;

namespace RedisMessaging.Tests.Testing;

/// <summary>The network of the tests.</summary>
public sealed class FaultProxyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_slow_link_carries_so_much_a_second_however_many_share_it(int clients)
    {
        const int Bytes = 1 << 20;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var proxy = FaultProxy.Start($"{listener.LocalEndpoint}");
        proxy.BytesPerSecond = 2 * Bytes;
        var started = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPEndPoint.Parse(proxy.ConnectionString));
            using var server = await listener.AcceptTcpClientAsync();
            var sending = server.GetStream().WriteAsync(new byte[Bytes / clients]).AsTask();
            await client.GetStream().ReadExactlyAsync(new byte[Bytes / clients]);
            await sending;
        }));

        TimeProvider.System.GetElapsedTime(started).Should().BeGreaterThan(TimeSpan.FromMilliseconds(450)).And.BeLessThan(TimeSpan.FromSeconds(5));
        proxy.BytesCarried(LinkDirection.ToClient).Should().Be(Bytes);
        proxy.BytesCarried(LinkDirection.ToServer).Should().Be(0);
    }
}
