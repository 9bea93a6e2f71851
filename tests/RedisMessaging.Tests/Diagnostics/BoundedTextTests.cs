using System.Text;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Diagnostics;

public sealed class BoundedTextTests
{
    private const int Huge = 20 * 1024 * 1024;

    [Fact]
    public void What_fits_stays_as_it_is()
    {
        var most = new string('x', BoundedText.MaxBytes);
        BoundedText.Cut(most).Should().BeSameAs(most);
        BoundedText.Cut("한국어").Should().Be("한국어");
        BoundedText.Cut(null).Should().BeEmpty();
    }

    [Fact]
    public void What_is_longer_is_cut_and_says_how_long_it_was()
    {
        var cut = BoundedText.Cut(new string('x', Huge));
        cut.Should().StartWith("xxx").And.EndWith("x… (20,971,520 characters in all)");
        Encoding.UTF8.GetByteCount(cut).Should().Be(BoundedText.MaxBytes);
    }

    [Theory]
    [InlineData("👋")]
    [InlineData("한")]
    [InlineData("x👋")]
    [InlineData("é")]
    public void Bytes_count_and_no_character_is_cut_in_two(string part)
    {
        var cut = BoundedText.Cut(string.Concat(Enumerable.Repeat(part, 10_000)));
        Encoding.UTF8.GetByteCount(cut).Should().BeInRange(BoundedText.MaxBytes - 8, BoundedText.MaxBytes);
        BoundedText.IndexOfLoneSurrogate(cut).Should().Be(-1);
    }

    [Fact]
    public void Half_a_pair_is_found()
    {
        // No theory: attributes can't hold such text.
        BoundedText.IndexOfLoneSurrogate("ab👋").Should().Be(-1);
        BoundedText.IndexOfLoneSurrogate("👋x👋").Should().Be(-1);
        BoundedText.IndexOfLoneSurrogate("").Should().Be(-1);
        BoundedText.IndexOfLoneSurrogate("ab\ud83d").Should().Be(2);
        BoundedText.IndexOfLoneSurrogate("\udc4b").Should().Be(0);
        BoundedText.IndexOfLoneSurrogate("👋\ud83d\ud83d\udc4b").Should().Be(2);
    }

    [Fact]
    public void An_exception_s_type_and_text_are_bounded_together()
    {
        var text = BoundedText.Of(new InvalidOperationException(new string('x', Huge)));
        text.Should().StartWith("System.InvalidOperationException: xxx").And.EndWith("(20,971,520 characters in all)");
        Encoding.UTF8.GetByteCount(text).Should().BeLessThanOrEqualTo(BoundedText.MaxBytes);
        BoundedText.Of(null).Should().BeEmpty();
        BoundedText.Of(new GenericException<List<int>>()).Should().StartWith("RedisMessaging.Tests.Diagnostics.BoundedTextTests.GenericException<System.Collections.Generic.List<int>>: ");
    }

    [Fact]
    public void An_exception_that_can_t_say_what_it_is_is_known_by_its_type() =>
        BoundedText.Of(new SilentException()).Should().Be(
            "RedisMessaging.Tests.Diagnostics.BoundedTextTests.SilentException: (its Message can't be read: it throws System.NotSupportedException)");

    [Fact]
    public void A_settlement_holds_what_others_wrote_cut()
    {
        var huge = new string('x', Huge);
        var settlement = new Settlement(default, SettlementKind.DeadLetter, Reason: huge, Detail: huge);
        (settlement with { Starts = 1 }).Reason.Should().EndWith("(20,971,520 characters in all)");
        settlement.Detail!.Length.Should().BeLessThanOrEqualTo(BoundedText.MaxBytes);
        (settlement with { Reason = huge + "y" }).Reason.Should().EndWith("(20,971,521 characters in all)");
    }

    [Fact]
    public void Reasons_of_handlers_are_text()
    {
        FluentActions.Invoking(() => new DeadLetterException("bad\ud800")).Should().Throw<ArgumentException>().WithMessage("*surrogate pair at 3*reason*");
        new DeadLetterException("👋").Reason.Should().Be("👋");
    }

    [Fact]
    public void Logs_get_ordinary_exceptions_as_they_are()
    {
        var (logger, log) = Logger();
        var error = Thrown(new InvalidOperationException("ordinary", new AggregateException(new TimeoutException("inner"))));
        Log.HandlerFailed(logger, "id", "topic", "group", 1, 0, error);
        log.Errors.Should().Equal(error);
        log.Lines.Single().Text.Should().Be("Handling message id of topic as group failed (attempt 1); it is tried again in 0.000 s");
    }

    [Fact]
    public void A_deep_stack_is_no_foreign_text()
    {
        var (logger, log) = Logger();
        var error = Deep(100);
        error.ToString().Length.Should().BeGreaterThan(BoundedText.MaxBytes);
        Log.HandlerFailed(logger, "id", "topic", "group", 1, 0, error);
        log.Errors.Should().Equal(error);

        static Exception Deep(int depth)
        {
            try
            {
                Fall(depth);
                return null!;
            }
            catch (InvalidOperationException error)
            {
                return error;
            }
        }

        static int Fall(int depth) => depth == 0 ? throw new InvalidOperationException("bottom") : Fall(depth - 1) + 1;
    }

    public static TheoryData<string, Exception> LongExceptions() => new()
    {
        { "its text", Thrown(new InvalidOperationException(new string('x', Huge))) },
        { "an inner text", Thrown(new InvalidOperationException("outer", new FormatException(new string('x', Huge)))) },
        { "several", Thrown(new AggregateException(new FormatException(new string('x', Huge)), new TimeoutException())) },
        { "what it says of itself", Thrown(new TalkativeException()) },
        { "nothing at all", new SilentException() },
    };

    [Theory]
    [MemberData(nameof(LongExceptions), DisableDiscoveryEnumeration = true)]
    public void Logs_get_a_bounded_stand_in_for_what_is_too_long(string what, Exception error)
    {
        var (logger, log) = Logger();
        Log.HandlerFailed(logger, "id", "topic", "group", 1, 0, error);
        var logged = log.Errors.Single();
        Encoding.UTF8.GetByteCount(logged.ToString()).Should().BeLessThanOrEqualTo(BoundedText.MaxBytes, what);
        Encoding.UTF8.GetByteCount(logged.Message).Should().BeLessThanOrEqualTo(BoundedText.MaxBytes);
        logged.InnerException.Should().BeNull();
        logged.ToString().Should().StartWith(TypeName.Full(error.GetType()));
        if (error.StackTrace is not null)
        {
            logged.ToString().Should().Contain(nameof(Thrown), "where it was thrown is what an operator needs");
        }
    }

    [Fact]
    public void Values_of_a_log_message_are_bounded_too()
    {
        var (logger, log) = Logger();
        Log.QueueReaped(logger, "topic", "group", 3, new string('x', Huge));
        var line = log.Lines.Single();
        line.EventId.Should().Be(11002);
        Encoding.UTF8.GetByteCount(line.Text).Should().BeLessThanOrEqualTo(BoundedText.MaxBytes);
        var values = log.States.Single();
        values.Single(value => value.Key == "Consumer").Value.As<string>().Should().EndWith("(20,971,520 characters in all)");
        values.Select(value => value.Key).Should().Equal("Topic", "Group", "Count", "Consumer", "{OriginalFormat}");
    }

    private static (ILogger Logger, ListLoggerProvider Log) Logger()
    {
        var log = new ListLoggerProvider();
        return (new BoundedLogger(log), log);
    }

    private static Exception Thrown(Exception error)
    {
        try
        {
            throw error;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    private sealed class GenericException<T> : Exception;

    private sealed class SilentException : Exception
    {
        public override string Message => throw new NotSupportedException();
    }

    private sealed class TalkativeException : Exception
    {
        public override string ToString() => new('x', Huge);
    }
}
