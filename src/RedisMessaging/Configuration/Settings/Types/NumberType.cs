using System.Globalization;
using System.Numerics;

namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>A whole number, in decimal digits.</summary>
internal sealed class NumberType<T> : SettingType<T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    private const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    public override bool TryRead(string? text, out T value) => T.TryParse(text, Style, CultureInfo.InvariantCulture, out value);

    public override string Explain(string? text) =>
        $"it must be a whole number in digits, such as 100, and at most {T.MaxValue}. Leave it out for the default.";
}
