using System.Text;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>
/// The strings of names that come again and again, by their UTF-8. A few hundred places: what falls into one that is taken replaces what is
/// there, so that nothing a publisher sends can make it grow.
/// </summary>
internal sealed class NameCache
{
    /// <summary>Of what stands in envelopes.</summary>
    public static readonly NameCache Shared = new();

    private const int Places = 256;
    private const int MaxName = 128;

    /// <summary>Throws on what is no text, as the JSON reader does.</summary>
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Name?[] _names = new Name?[Places];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxName)
        {
            return Strict.GetString(utf8);
        }

        ref var place = ref _names[PlaceOf(utf8)];
        var name = Volatile.Read(ref place);
        if (name is null || !utf8.SequenceEqual(name.Utf8))
        {
            name = new Name(utf8.ToArray(), Strict.GetString(utf8));
            Volatile.Write(ref place, name);
        }

        return name.Text;
    }

    private static uint PlaceOf(ReadOnlySpan<byte> utf8)
    {
        var hash = 2166136261u;
        foreach (var one in utf8)
        {
            hash = (hash ^ one) * 16777619;
        }

        return hash % Places;
    }

    private sealed record Name(byte[] Utf8, string Text);
}
