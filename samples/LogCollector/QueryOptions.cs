using Microsoft.Extensions.Logging;

namespace LogCollector;

/// <param name="Service">One service; <see langword="null"/> for all.</param>
/// <param name="Level">The lowest level that counts.</param>
/// <param name="From">The earliest time, itself included.</param>
/// <param name="To">The latest time, itself included.</param>
/// <param name="Last">How many of the newest.</param>
internal sealed record QueryOptions(string? Service, LogLevel Level, DateTimeOffset? From, DateTimeOffset? To, int Last)
{
    private const int Most = 100_000;

    /// <exception cref="UsageException">Something can't be read, or contradicts itself.</exception>
    public static QueryOptions Parse(IReadOnlyList<string> arguments, DateTimeOffset now)
    {
        var line = new CommandLine(arguments, "--service", "--level", "--from", "--to", "--since", "--last");
        if (line.Has("--since") && (line.Has("--from") || line.Has("--to")))
        {
            throw new UsageException("--since is counted back from now: leave out --from and --to, or --since.");
        }

        var from = now - line.Span("--since") ?? line.Time("--from");
        var to = line.Time("--to");
        if (from > to)
        {
            throw new UsageException($"--from {from:O} is later than --to {to:O}: nothing can be in between.");
        }

        return new QueryOptions(line.Text("--service"), line.Level("--level", LogLevel.Trace), from, to, line.Count("--last", 20, Most));
    }
}
