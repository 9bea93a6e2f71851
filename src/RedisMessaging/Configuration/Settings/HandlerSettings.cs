namespace RedisMessaging.Configuration;

/// <summary>Options of handlers, which only code can set: configuration that names one is refused with that fix.</summary>
internal static class HandlerSettings
{
    public const string Fix =
        "Handlers can't be configured here: set their options in code, AddHandler<T, THandler>(options => options.Concurrency = 4). "
        + "To take them from configuration, bind a section of your own there: builder.Configuration.GetSection(\"…\").Bind(options).";

    /// <summary>The names of the options, and of sections that people look for.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "Handlers",
        "Handler",
        "Consumers",
        "Consumer",
        nameof(ConsumerOptions.Group),
        nameof(ConsumerOptions.Concurrency),
        nameof(ConsumerOptions.Prefetch),
        nameof(ConsumerOptions.PrefetchBytes),
        nameof(ConsumerOptions.Broadcast),
        nameof(ConsumerOptions.BroadcastAs),
        nameof(ConsumerOptions.StartAt),
        nameof(ConsumerOptions.OnGap),
        nameof(ConsumerOptions.InboxWindow),
        nameof(ConsumerOptions.KeyOrder),
        nameof(ConsumerOptions.RateLimit),
        nameof(ConsumerOptions.Retry),
        nameof(ConsumerOptions.HandlerTimeout),
        nameof(BatchHandlerOptions.BatchSize),
        nameof(BatchHandlerOptions.BatchWait),
        nameof(RetryOptions.MaxAttempts),
        nameof(RetryOptions.ImmediateAttempts),
        nameof(RetryOptions.Delay),
        nameof(RetryOptions.Backoff),
        nameof(RetryOptions.MaxDelay),
        nameof(RetryOptions.Jitter),
    ];

    /// <summary>The option that a setting's path names, or almost names.</summary>
    public static string? Find(string path)
    {
        var first = path.Split(':')[0];
        return Names.FirstOrDefault(name => name.Equals(first, StringComparison.OrdinalIgnoreCase)) ?? (first.Length > 4 ? Spelling.Nearest(first, Names) : null);
    }
}
