using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace RedisMessaging.Diagnostics;

/// <summary>
/// Text that somebody else wrote (an exception's, a handler's reason, a name from the wire), cut so that it can be stored, logged and sent.
/// The only place that reads the text of an exception: its members are foreign code, which may return megabytes, or throw.
/// </summary>
internal static class BoundedText
{
    /// <summary>The most bytes of UTF-8 that such a text may take, what says how long it was included.</summary>
    public const int MaxBytes = 8 * 1024;

    /// <summary>The same for a name that is quoted within a sentence.</summary>
    public const int MaxNameBytes = 256;

    private const int MostBytesOfOneChar = 3;

    /// <summary>The text, or as much of its beginning as fits, and how long it was: <c>xxx… (20,971,520 characters in all)</c>.</summary>
    public static string Cut(string? text, int maxBytes = MaxBytes) =>
        text is null ? "" : Fits(text, maxBytes) ? text : CutAlways(text, maxBytes);

    /// <summary>A name from the wire within a sentence.</summary>
    public static string Name(string? text) => Cut(text, MaxNameBytes);

    /// <summary>An exception's text, without its type; it leaves room for the sentence that it is put into.</summary>
    public static string MessageOf(Exception error, int maxBytes = MaxBytes - 1024)
    {
        try
        {
            return Cut(error.Message, maxBytes);
        }
        catch (Exception failed)
        {
            // Its own failure may fail in the same way: only the types of both are asked.
            return $"(its Message can't be read: it throws {TypeName.Full(failed.GetType())})";
        }
    }

    /// <summary>An exception's type and text: <c>System.InvalidOperationException: Nothing to count.</c> Empty without one.</summary>
    public static string Of(Exception? error, int maxBytes = MaxBytes)
    {
        if (error is null)
        {
            return "";
        }

        var type = Cut(TypeName.Full(error.GetType()), maxBytes / 2);
        return $"{type}: {MessageOf(error, maxBytes - Encoding.UTF8.GetByteCount(type) - 2)}";
    }

    /// <exception cref="ArgumentException">Half of a surrogate pair stands alone in it.</exception>
    public static void ThrowIfHalfAPair(string text, [CallerArgumentExpression(nameof(text))] string? parameter = null)
    {
        if (IndexOfLoneSurrogate(text) is >= 0 and var at)
        {
            throw new ArgumentException($"It is not valid text: half of a surrogate pair at {at}.", parameter);
        }
    }

    public static bool Fits(string text, int maxBytes = MaxBytes) =>
        text.Length <= maxBytes / MostBytesOfOneChar || (text.Length <= maxBytes && Encoding.UTF8.GetByteCount(text) <= maxBytes);

    /// <summary>
    /// Where half of a surrogate pair stands alone, which is not text: UTF-8 can't say it, and would replace it. -1 if the text is valid.
    /// </summary>
    public static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\ud800', '\udfff'); at >= 0 && at < text.Length;)
        {
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return at;
            }

            var next = text[(at + 2)..].IndexOfAnyInRange('\ud800', '\udfff');
            at = next < 0 ? -1 : at + 2 + next;
        }

        return -1;
    }

    private static string CutAlways(string text, int maxBytes)
    {
        var ending = string.Create(CultureInfo.InvariantCulture, $"… ({text.Length:N0} characters in all)");
        var left = maxBytes - Encoding.UTF8.GetByteCount(ending);
        var end = 0;
        while (end < text.Length)
        {
            // Half of a pair alone counts as what it is replaced with.
            Rune.DecodeFromUtf16(text.AsSpan(end), out var rune, out var chars);
            left -= rune.Utf8SequenceLength;
            if (left < 0)
            {
                break;
            }

            end += chars;
        }

        return string.Concat(text.AsSpan(0, end), ending);
    }
}
