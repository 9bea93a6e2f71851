using System.Text;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>The header that most messages have, read without JSON: it is taken for nothing that it is not.</summary>
public sealed class PlainHeaderTests
{
    [Fact]
    public void What_is_plain_is_read_whole()
    {
        PlainHeader.TryRead(Frame("""{"rm":1,"id":"01a1-x","type":"order placed","at":1763712000123,"src":"shop-api/7f3a"}""", "{\"n\":1}"), out var header, out var body).Should().BeTrue();

        header.MessageId.Should().Be("01a1-x");
        header.Type.Should().Be("order placed");
        header.PublishedAtMs.Should().Be(1_763_712_000_123);
        header.Source.Should().Be("shop-api/7f3a");
        header.Headers.Should().BeNull();
        Encoding.UTF8.GetString(body.Span).Should().Be("{\"n\":1}");
    }

    [Fact]
    public void An_empty_body_is_one()
    {
        PlainHeader.TryRead(Frame("""{"rm":1,"id":"a","type":"t","at":1,"src":"s"}""", ""), out _, out var body).Should().BeTrue();

        body.IsEmpty.Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"rm":2,"id":"a","type":"t","at":1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"","type":"t","at":1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"","at":1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a\"b","type":"t","at":1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"\u0074","at":1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"é","type":"t","at":1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":01,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":-1,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":1.5,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":999999999999999,"src":"s"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":1,"src":"s","key":"k"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":1,"src":"s","id":"b"}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":1}""")]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":1,"src":"s"} """)]
    [InlineData("""{"rm":1,"id":"a","type":"t","at":1,"src":"s""")]
    [InlineData("""{"rm":1,"id":"a""")]
    [InlineData("")]
    public void Anything_else_is_left_to_the_JSON_reader(string header) => PlainHeader.TryRead(Frame(header, "{}"), out _, out _).Should().BeFalse();

    [Fact]
    public void A_header_without_an_end_is_none()
    {
        var frame = Encoding.UTF8.GetBytes("""{"rm":1,"id":"a","type":"t","at":1,"src":"s"}""");

        PlainHeader.TryRead(frame, out _, out _).Should().BeFalse();
    }

    private static ReadOnlyMemory<byte> Frame(string header, string body) => Encoding.UTF8.GetBytes($"{header}\n{body}");
}
