using System.Net.Sockets;
using RedisMessaging.Redis.Errors;

namespace RedisMessaging.Tests.Connections;

/// <summary>What counts as a fault of Redis or of the way to it.</summary>
public sealed class RedisErrorsTests
{
    public static TheoryData<Exception> ErrorsOfSockets => [new IOException("Connection reset by peer"), new SocketException((int)SocketError.ConnectionReset)];

    [Theory]
    [MemberData(nameof(ErrorsOfSockets))]
    public void The_error_of_a_socket_passes_and_may_have_come_after_the_write(Exception error)
    {
        RedisErrors.IsRedisFault(error).Should().BeTrue();
        RedisErrors.IsTransient(error).Should().BeTrue();
        RedisErrors.MayHaveBeenStored(error).Should().BeTrue("the command may have left before the link broke");
    }

    [Fact]
    public void Another_error_is_not_one_of_Redis() => RedisErrors.IsRedisFault(new FormatException()).Should().BeFalse();
}
