namespace RedisMessaging.Configuration.Settings.Types;

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class FlagType : SettingType<bool>
{
    public override bool TryRead(string? text, out bool value) => bool.TryParse(text, out value);

    public override string Explain(string? text) => "it must be true or false. Leave it out for the default.";
}
