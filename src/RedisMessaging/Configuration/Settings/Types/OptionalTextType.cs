namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>Text, or null for none.</summary>
internal sealed class OptionalTextType : SettingType<string?>
{
    public override bool TryRead(string? text, out string? value)
    {
        value = text;
        return true;
    }

    public override string Explain(string? text) => "it must be a text or null.";
}
