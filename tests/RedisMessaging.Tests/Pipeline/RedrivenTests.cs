using System.Text;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>How a frame says that it was put back.</summary>
public sealed class RedrivenTests
{
    [Fact]
    public void Everything_else_stays_as_it_was()
    {
        const string frame = "{\"rm\":1,\"id\":\"42\",\"type\":\"text\",\"of-a-newer-publisher\":{\"a\":[1,2]},\"headers\":{\"이름\":\"값\"}}\nbody, with \"rm\":1 and\nnewlines";

        var marked = Mark(frame, "1763712000123-0");

        marked.Should().Be(frame.Replace("{\"rm\":1,", "{\"rm\":1,\"redriven\":\"1763712000123-0\",", StringComparison.Ordinal));
        var header = EnvelopeReader.Read(Encoding.UTF8.GetBytes(marked), out var body);
        header.RedrivenFrom.Should().Be("1763712000123-0");
        header.MessageId.Should().Be("42");
        header.Headers.Should().Contain("이름", "값");
        Encoding.UTF8.GetString(body.Span).Should().Be("body, with \"rm\":1 and\nnewlines");
    }

    [Fact]
    public void The_last_time_counts()
    {
        var twice = Mark(Mark("{\"rm\":1,\"id\":\"42\",\"type\":\"text\"}\n1", "1-0"), "2-0");

        EnvelopeReader.Read(Encoding.UTF8.GetBytes(twice), out _).RedrivenFrom.Should().Be("2-0");
    }

    [Fact]
    public void What_was_put_back_does_not_expire()
    {
        const string frame = "{\"rm\":1,\"id\":\"42\",\"type\":\"text\",\"exp\":1763712000123}\n1";

        EnvelopeReader.Read(Encoding.UTF8.GetBytes(frame), out _).ExpiresAtMs.Should().Be(1763712000123);
        EnvelopeReader.Read(Encoding.UTF8.GetBytes(Mark(frame, "1-0")), out _).ExpiresAtMs.Should().BeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello, world")]
    [InlineData("{\"rm\":1")]
    public void What_is_no_frame_of_ours_stays_as_it_is(string frame) => Mark(frame, "1-0").Should().Be(frame);

    private static string Mark(string frame, string id) => Encoding.UTF8.GetString(Redriven.Mark(Encoding.UTF8.GetBytes(frame), id).Span);
}
