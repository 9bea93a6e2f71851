namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>One of an enum's words; its numbers are not accepted.</summary>
internal sealed class WordType<T> : SettingType<T>
    where T : struct, Enum
{
    public override bool TryRead(string? text, out T value)
    {
        value = default;
        var word = text?.Trim();
        return Array.Exists(Enum.GetNames<T>(), name => name.Equals(word, StringComparison.OrdinalIgnoreCase))
            && Enum.TryParse(word, ignoreCase: true, out value);
    }

    public override string Explain(string? text) =>
        $"use one of {string.Join(", ", Enum.GetNames<T>())}.{Spelling.DidYouMean(text?.Trim() ?? "", Enum.GetNames<T>())}";
}
