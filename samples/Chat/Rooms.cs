using Microsoft.Extensions.Options;
using RedisMessaging;

namespace Chat;

/// <summary>The rooms, each a stream of its own, and what was said in them.</summary>
internal sealed class Rooms(IMessageBus bus, IOptions<ChatSettings> settings)
{
    /// <summary>The family that the rooms' topics are of.</summary>
    public const string Family = "chat:room:{room}";

    /// <summary>What somebody new sees.</summary>
    private const int Latest = 50;

    /// <summary>What somebody who was away is given at a time.</summary>
    private const int PageSize = 100;

    public IEnumerable<(string Id, string Title)> All => settings.Value.Rooms.OrderBy(room => room.Key, StringComparer.Ordinal).Select(room => (room.Key, room.Value));

    public bool Has(string room) => settings.Value.Rooms.ContainsKey(room);

    public static string TopicOf(string room) => $"chat:room:{room}";

    public ITopic Stream(string room) => bus.Topic(TopicOf(room));

    /// <summary>The latest messages.</summary>
    public async Task<HistoryPage> ReadLatestAsync(string room, CancellationToken cancellationToken)
    {
        var entries = await Stream(room).AsStream()
            .ReadHistoryAsync<ChatMessage>(options: new HistoryOptions { Backwards = true, PageSize = Latest }, cancellationToken: cancellationToken)
            .Take(Latest)
            .Reverse()
            .ToListAsync(cancellationToken);
        return PageOf(entries, HistoryPoint.Beginning.ToString(), more: false);
    }

    /// <summary>What was said after a position: all that somebody missed, page by page.</summary>
    public async Task<HistoryPage> ReadAfterAsync(string room, string position, CancellationToken cancellationToken)
    {
        var entries = await Stream(room).AsStream()
            .ReadHistoryAsync<ChatMessage>(from: HistoryPoint.After(position), options: new HistoryOptions { PageSize = PageSize + 1 }, cancellationToken: cancellationToken)
            .Take(PageSize + 1)
            .ToListAsync(cancellationToken);
        return PageOf(entries.Take(PageSize), position, more: entries.Count > PageSize);
    }

    private static HistoryPage PageOf(IEnumerable<HistoryEntry<ChatMessage>> entries, string from, bool more)
    {
        var lines = new List<ChatLine>();
        foreach (var entry in entries)
        {
            from = entry.Position;
            if (ChatLine.Of(entry) is { } line)
            {
                lines.Add(line);
            }
        }

        return new HistoryPage(lines, from, more);
    }
}
