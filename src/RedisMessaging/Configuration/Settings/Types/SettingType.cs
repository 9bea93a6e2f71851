namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>How a value is written in configuration, which has nothing but text.</summary>
internal abstract class SettingType<T>
{
    /// <param name="text"><see langword="null"/> for JSON's null.</param>
    /// <param name="value">What was read.</param>
    public abstract bool TryRead(string? text, out T value);

    /// <summary>Why a text can't be read, and what to write, as the second half of a sentence that ends with a full stop.</summary>
    public abstract string Explain(string? text);
}
