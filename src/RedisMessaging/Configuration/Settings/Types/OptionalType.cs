namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>A value, or null or an empty text for none.</summary>
internal sealed class OptionalType<T>(SettingType<T> inner) : SettingType<T?>
    where T : struct
{
    public override bool TryRead(string? text, out T? value)
    {
        value = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        if (!inner.TryRead(text, out var read))
        {
            return false;
        }

        value = read;
        return true;
    }

    public override string Explain(string? text) => inner.Explain(text);
}
