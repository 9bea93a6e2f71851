namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>The ways in which values are written.</summary>
internal static class SettingTypes
{
    public static TextType Text { get; } = new();

    public static OptionalTextType OptionalText { get; } = new();

    public static FlagType Flag { get; } = new();

    public static NumberType<int> Number { get; } = new();

    public static NumberType<long> LongNumber { get; } = new();

    public static OptionalType<int> OptionalNumber { get; } = new(new NumberType<int>());

    public static OptionalType<long> OptionalLongNumber { get; } = new(new NumberType<long>());

    public static DurationType Duration { get; } = new();

    public static OptionalType<TimeSpan> OptionalDuration { get; } = new(new DurationType());

    public static OptionalType<bool> OptionalFlag { get; } = new(new FlagType());

    public static FractionType Fraction { get; } = new();

    public static WordType<T> Word<T>()
        where T : struct, Enum => new();

    public static OptionalType<T> OptionalWord<T>()
        where T : struct, Enum => new(new WordType<T>());
}
