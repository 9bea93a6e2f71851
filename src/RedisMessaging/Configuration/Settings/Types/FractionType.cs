using System.Globalization;

namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>A number with a decimal point.</summary>
internal sealed class FractionType : SettingType<double>
{
    private const NumberStyles Style =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    public override bool TryRead(string? text, out double value) => double.TryParse(text, Style, CultureInfo.InvariantCulture, out value);

    public override string Explain(string? text) =>
        "it must be a number, such as 0.2, with a point and not a comma. Leave it out for the default.";
}
