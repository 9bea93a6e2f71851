using Microsoft.AspNetCore.SignalR;
using RedisMessaging;

namespace Chat;

/// <summary>
/// Follows the rooms' streams and passes on what is said, wherever it was said. A tail and no consumer group: there is nothing to ack, it is in the stream's order whatever happens, so that
/// "all after this position" is all that a page has to ask for, and a server that is killed leaves nothing behind in Redis.
/// </summary>
internal sealed class RoomFeed(Rooms rooms, IHubContext<ChatHub, IChatClient> hub) : BackgroundService
{
    private readonly Dictionary<string, HistoryPoint> _starts = [];

    /// <summary>Where each room is followed from is settled before the first page can join: what is stored before is its history, what is stored later comes from the feed.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (room, _) in rooms.All)
        {
            var now = await rooms.Stream(room).AsStream().SummarizeHistoryAsync(cancellationToken);
            _starts[room] = now.Last is { } last ? HistoryPoint.After(last) : HistoryPoint.Beginning;
        }

        await base.StartAsync(cancellationToken);
    }

    /// <summary>A room that can't be followed any more ends the program (a right that was taken away, say); what passes, the tail gets over by itself.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await await Task.WhenAny(_starts.Select(room => FollowAsync(room.Key, room.Value, stoppingToken)));

    private async Task FollowAsync(string room, HistoryPoint start, CancellationToken cancellationToken)
    {
        await foreach (var entry in rooms.Stream(room).AsStream().TailAsync<ChatMessage>(start, cancellationToken))
        {
            if (ChatLine.Of(entry) is { } line)
            {
                await hub.Clients.Group(room).Said(room, line);
            }
        }
    }
}
