using System.Collections;

namespace RedisMessaging.Diagnostics.Logging;

/// <summary>A log message with a value that is too long: the values and the text, all of them cut.</summary>
internal sealed class BoundedLogState(
    IReadOnlyList<KeyValuePair<string, object?>> values,
    string text) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _values = [.. values.Select(
        value => value.Value is string given ? new KeyValuePair<string, object?>(value.Key, BoundedText.Cut(given)) : value)];
    private readonly string _text = BoundedText.Cut(text);

    public int Count => _values.Length;

    public KeyValuePair<string, object?> this[int index] => _values[index];

    public static bool IsNeededFor(IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i].Value is string value && !BoundedText.Fits(value))
            {
                return true;
            }
        }

        return false;
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.AsEnumerable().GetEnumerator();

    public override string ToString() => _text;

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
