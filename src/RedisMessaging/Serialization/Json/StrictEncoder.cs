using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization.Json;

/// <summary>
/// Escapes as another encoder does, and refuses half of a surrogate pair, which all of them replace in silence: what arrived would not be
/// what was published. It costs nothing where there is nothing to escape: the search for the first character to escape finds such a half as
/// well.
/// </summary>
internal sealed class StrictEncoder(JavaScriptEncoder inner) : JavaScriptEncoder
{
    private static readonly StrictEncoder Relaxed = new(UnsafeRelaxedJsonEscaping);
    private static readonly StrictEncoder Ordinary = new(Default);

    public override int MaxOutputCharactersPerInputCharacter => inner.MaxOutputCharactersPerInputCharacter;

    public static StrictEncoder Of(JavaScriptEncoder? encoder) => encoder switch
    {
        null => Ordinary,
        StrictEncoder strict => strict,
        _ when encoder == UnsafeRelaxedJsonEscaping => Relaxed,
        _ when encoder == Default => Ordinary,
        _ => new StrictEncoder(encoder),
    };

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var first = inner.FindFirstCharacterToEncode(text, textLength);
        if (first >= 0)
        {
            RefuseHalfAPair(new ReadOnlySpan<char>(text, textLength), first);
        }

        return first;
    }

    public override unsafe bool TryEncodeUnicodeScalar(
        int unicodeScalar,
        char* buffer,
        int bufferLength,
        out int numberOfCharactersWritten) =>
        inner.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    public override bool WillEncode(int unicodeScalar) => inner.WillEncode(unicodeScalar);

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => inner.FindFirstCharacterToEncodeUtf8(utf8Text);

    public override OperationStatus Encode(
        ReadOnlySpan<char> source,
        Span<char> destination,
        out int charsConsumed,
        out int charsWritten,
        bool isFinalBlock = true) =>
        inner.Encode(source, destination, out charsConsumed, out charsWritten, isFinalBlock);

    public override OperationStatus EncodeUtf8(
        ReadOnlySpan<byte> utf8Source,
        Span<byte> utf8Destination,
        out int bytesConsumed,
        out int bytesWritten,
        bool isFinalBlock = true) =>
        inner.EncodeUtf8(utf8Source, utf8Destination, out bytesConsumed, out bytesWritten, isFinalBlock);

    private static void RefuseHalfAPair(ReadOnlySpan<char> text, int first)
    {
        if (BoundedText.IndexOfLoneSurrogate(text[first..]) is >= 0 and var at)
        {
            throw new JsonException(
                $"A text has half of a surrogate pair at {first + at}, which is no character: it would arrive as another one.");
        }
    }
}
