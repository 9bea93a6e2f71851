namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>Text, as it is.</summary>
internal sealed class TextType : SettingType<string>
{
    public override bool TryRead(string? text, out string value)
    {
        value = text!;
        return text is not null;
    }

    public override string Explain(string? text) => "it must be a text. Leave it out for the default.";
}
