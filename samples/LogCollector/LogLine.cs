using Microsoft.Extensions.Logging;

namespace LogCollector;

/// <summary>What a service logged. Which service is the topic's affair, and when is the stream's: an entry's id is the time at which Redis stored it.</summary>
internal sealed record LogLine(LogLevel Level, string Category, string Text);
