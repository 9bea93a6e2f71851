using RedisMessaging.Redis.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Connections;

/// <summary>Connection strings and URLs: what they come to, and what is refused without a word of a password.</summary>
public sealed class ConnectionTextTests
{
    /// <summary>In every password here, so that no text shows a part of one.</summary>
    private const string Secret = "hunter2";

    [Theory]
    [InlineData("localhost", "localhost:0")]
    [InlineData(" localhost:6380 , password=hunter2,user=shop ", "localhost:6380")]
    [InlineData("10.0.0.1,redis_2.example-host.local:7000", "10.0.0.1:0|redis_2.example-host.local:7000")]
    [InlineData("password=hunter2,localhost", "localhost:0")]
    [InlineData("[::1]:6379,::1", "[::1]:6379|[::1]:0")]
    [InlineData("sentinel-1:26379,sentinel-2:26379,serviceName=mymaster", "sentinel-1:26379|sentinel-2:26379")]
    [InlineData("localhost,$CLIENT=,abortConnect=false,tiebreaker=", "localhost:0")]
    public void A_string_is_read_as_StackExchange_Redis_reads_it(string text, string servers) => Servers(ConnectionText.Parse(text, null)).Should().Be(servers);

    [Theory]
    [InlineData("redis://localhost", "localhost:6379", null, null, null, false)]
    [InlineData("redis://localhost/", "localhost:6379", null, null, null, false)]
    [InlineData("REDIS://localhost:7000/3", "localhost:7000", null, null, 3, false)]
    [InlineData("rediss://localhost", "localhost:6379", null, null, null, true)]
    [InlineData("valkeys://localhost", "localhost:6379", null, null, null, true)]
    [InlineData("redis://localhost?ssl=true", "localhost:6379", null, null, null, true)]
    [InlineData("redis://shop:hunter2@redis.example.com:6380/2", "redis.example.com:6380", "shop", "hunter2", 2, false)]
    [InlineData("redis://:hunter2@localhost", "localhost:6379", null, "hunter2", null, false)]
    [InlineData("redis://shop:hunter2%2C%3D%40%2F%3F%23%25%20%EC%84%9C@localhost", "localhost:6379", "shop", "hunter2,=@/?#% 서", null, false)]
    [InlineData("redis://us%3Aer:hunter2:more,@localhost", "localhost:6379", "us:er", "hunter2:more,", null, false)]
    [InlineData("redis://shop:hunter2@at@localhost", "localhost:6379", "shop", "hunter2@at", null, false)]
    [InlineData("redis://[::1]:7000/0", "[::1]:7000", null, null, 0, false)]
    [InlineData("redis://a:1,b,c:3", "a:1|b:6379|c:3", null, null, null, false)]
    [InlineData("redis://localhost?db=5&abortConnect=false", "localhost:6379", null, null, 5, false)]
    [InlineData("redis://localhost/5?defaultDatabase=5", "localhost:6379", null, null, 5, false)]
    [InlineData("redis://localhost?username=shop&password=hunter2", "localhost:6379", "shop", "hunter2", null, false)]
    public void A_URL_is_understood(string url, string servers, string? user, string? password, int? database, bool tls)
    {
        var options = ConnectionText.Parse(url, null);
        (Servers(options), options.User, options.Password, options.DefaultDatabase, options.Ssl).Should().Be((servers, user, password, database, tls));
    }

    [Fact]
    public void The_options_behind_a_URL_are_StackExchange_Redis_own()
    {
        var options = ConnectionText.Parse("redis://localhost?connectTimeout=1234&clientName=shop&protocol=resp3&channelPrefix=a%3A&serviceName=mymaster", null);
        (options.ConnectTimeout, options.ClientName, options.Protocol, (string?)options.ChannelPrefix, options.ServiceName).Should().Be((1234, "shop", RedisProtocol.Resp3, "a:", "mymaster"));
    }

    [Theory]
    [InlineData("password=hunter2", "*names no server*localhost:6379*")]
    [InlineData(",,", "*names no server*")]
    [InlineData("localhost:port", "*neither a host*nor an option*")]
    [InlineData("localhost:6379:6379", "*neither a host*nor an option*")]
    [InlineData("localhost:99999", "*neither a host*nor an option*")]
    [InlineData("good:6379,bad:hunter2", "*neither a host*nor an option*")]
    [InlineData("shop:hunter2@localhost:6379", "*neither a host*nor an option*redis://*")]
    [InlineData("local host", "*neither a host*")]
    [InlineData("localhost,password", "*'password' has no value*")]
    [InlineData("localhost,password=a,hunter2", "*neither a host*comma*")]
    [InlineData("localhost,password=a,hunter2!,b", "*neither a host*comma*")]
    [InlineData("localhost,password=a,hunter2=b", "*behind the password*comma ends a password*")]
    [InlineData("localhost,pasword=hunter2", "*unknown option 'pasword'. Did you mean 'password'?*")]
    [InlineData("localhost,password=hunter2,abortConect=false", "*unknown option 'abortConect'. Did you mean 'abortConnect'?*")]
    [InlineData("localhost,nonsense=1,password=hunter2", "*unknown option 'nonsense'. Known options: abortConnect*")]
    [InlineData("localhost,connectTimeout=soon,password=hunter2", "*value 'soon' of 'connectTimeout'*")]
    [InlineData("localhost,ssl=maybe", "*value 'maybe' of 'ssl'*")]
    [InlineData("localhost,tunnel=nonsense", "*value 'nonsense' of 'tunnel'*")]
    [InlineData("unix:/tmp/redis.sock", "*Unix sockets*host and a port*")]
    [InlineData("/tmp/redis.sock", "*Unix sockets*")]
    [InlineData("http://shop:hunter2@localhost", "*http:// are not understood*redis://*")]
    [InlineData("redis-sentinel://shop:hunter2@localhost", "*redis-sentinel:// are not understood*serviceName*")]
    [InlineData("unix:///tmp/redis.sock", "*unix:// are not understood*")]
    [InlineData("redis://", "*host or port*")]
    [InlineData("redis://shop:hunter2@", "*host or port*")]
    [InlineData("redis://localhost:port", "*host or port*")]
    [InlineData("redis://localhost:6379,password=hunter2", "*host or port*behind a '?'*")]
    [InlineData("redis://shop:pa/hunter2@localhost", "*percent-encode*")]
    [InlineData("redis://shop:pa?hunter2@localhost", "*percent-encode*")]
    [InlineData("redis://shop:pa#hunter2@localhost", "*percent-encode*")]
    [InlineData("redis://shop:hunter2%zz@localhost", "*%25*")]
    [InlineData("redis://hunter2@localhost", "*user:password@, or :password@*")]
    [InlineData("redis://localhost/hunter2", "*number of a database*")]
    [InlineData("redis://localhost/0/1", "*number of a database*")]
    [InlineData("redis://localhost/-1", "*number of a database*")]
    [InlineData("redis://localhost/1?db=2", "*databases 1 and 2*")]
    [InlineData("redis://localhost?socket_timeout=5", "*unknown option 'socket_timeout'*")]
    [InlineData("redis://localhost?abortConect=false", "*Did you mean 'abortConnect'?*")]
    [InlineData("redis://localhost?db=many", "*value 'many' of 'defaultDatabase'*")]
    [InlineData("redis://localhost?db=1&database=1", "*'defaultDatabase' twice*")]
    [InlineData("redis://shop:hunter2@localhost?password=hunter2", "*user and password before the '@' and behind the '?'*")]
    [InlineData("redis://localhost?password=hunter2,more", "*'password' has a comma*")]
    public void What_can_t_be_read_is_refused_without_its_password(string text, string message)
    {
        var reading = () => ConnectionText.Parse(text, "RedisMessaging:Connection");
        reading.Should().Throw<RedisMessagingConfigurationException>().WithMessage("The Redis connection string (RedisMessaging:Connection) " + message)
            .Which.ToString().Should().NotContain(Secret);
    }

    private static string Servers(ConfigurationOptions options) => string.Join("|", options.EndPoints.Select(Describe));

    private static string Describe(System.Net.EndPoint server) => server is System.Net.DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : server.ToString()!;
}
