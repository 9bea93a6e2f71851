using Microsoft.Extensions.Configuration;

namespace RedisMessaging.Transports.Streams;

/// <summary>What configuration says of a topic's retention, over what code said: the word Forever, or a section.</summary>
internal sealed class RetentionSettings
{
    private const string Section = nameof(StreamOptions.Retention);

    /// <summary>The names of what it can set, as paths below the topic.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        Section,
        $"{Section}:{nameof(MaxLength)}",
        $"{Section}:{nameof(MaxAge)}",
        $"{Section}:{nameof(Exact)}",
        $"{Section}:{nameof(Force)}",
        $"{Section}:{nameof(AbandonedAfter)}",
    ];

    public long? MaxLength { get; set; }

    public TimeSpan? MaxAge { get; set; }

    public bool Exact { get; set; }

    public bool Force { get; set; }

    public TimeSpan? AbandonedAfter { get; set; }

    /// <exception cref="InvalidOperationException">It can't be read.</exception>
    public static Retention Read(IConfigurationSection topic, Retention coded)
    {
        var section = topic.GetSection(Section);
        if (section.Value is { Length: > 0 } word)
        {
            return word.Equals(nameof(Retention.Forever), StringComparison.OrdinalIgnoreCase)
                ? Retention.Forever
                : throw new InvalidOperationException($"{Section} is '{word}'; use {nameof(Retention.Forever)}, or a section with {string.Join(", ", Names.Skip(1).Select(name => name[(Section.Length + 1)..]))}.");
        }

        var settings = new RetentionSettings
        {
            MaxLength = coded.MaxLength,
            MaxAge = coded.MaxAge,
            Exact = coded.Exact,
            Force = coded.Force,
            AbandonedAfter = coded.AbandonedAfter,
        };
        section.Bind(settings);
        return new Retention
        {
            MaxLength = IsNone(section, nameof(MaxLength)) ? null : settings.MaxLength,
            MaxAge = IsNone(section, nameof(MaxAge)) ? null : settings.MaxAge,
            Exact = settings.Exact,
            Force = settings.Force,
            AbandonedAfter = IsNone(section, nameof(AbandonedAfter)) ? null : settings.AbandonedAfter,
        };
    }

    /// <summary>The binder passes over what is there and empty: a null in JSON.</summary>
    private static bool IsNone(IConfigurationSection section, string name) =>
        section.GetChildren().Any(setting => setting.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && string.IsNullOrEmpty(setting.Value));
}
