using RedisMessaging.Configuration.Settings.Types;

namespace RedisMessaging.Transports.Streams.Trimming;

/// <summary>A retention that is one word.</summary>
internal sealed class RetentionType : SettingType<Retention>
{
    public override bool TryRead(string? text, out Retention value)
    {
        value = Retention.Forever;
        return string.Equals(text?.Trim(), nameof(Retention.Forever), StringComparison.OrdinalIgnoreCase);
    }

    public override string Explain(string? text) =>
        $"use {nameof(Retention.Forever)} to keep everything, or a section with {nameof(Retention.MaxLength)}, {nameof(Retention.MaxAge)}, {nameof(Retention.Exact)}, {nameof(Retention.Force)} or {nameof(Retention.AbandonedAfter)}.";
}
