using Microsoft.AspNetCore.SignalR;
using RedisMessaging;

namespace Chat;

/// <summary>What a page can ask of its server.</summary>
internal sealed class ChatHub(Rooms rooms, Presence presence, IMessageBus bus) : Hub<IChatClient>
{
    public const string Path = "/hub";

    private const int LongestName = 24;
    private const int LongestText = 2_000;
    private const int LongestId = 64;

    private string? Room
    {
        get => (string?)Context.Items[nameof(Room)];
        set => Context.Items[nameof(Room)] = value;
    }

    private string? Name
    {
        get => (string?)Context.Items[nameof(Name)];
        set => Context.Items[nameof(Name)] = value;
    }

    /// <summary>What there is: asked for once, when a page has connected. Who comes and goes it is told from then on.</summary>
    public ServerState Look() => new(presence.Address, [.. rooms.All.Select(room => new RoomState(room.Id, room.Title, presence.In(room.Id)))]);

    /// <summary>Goes to a room, and returns what was said there: the latest for somebody new, everything after a position for somebody who was here before, on whichever server.</summary>
    public async Task<HistoryPage> Join(string room, string name, string? after)
    {
        name = name.Trim();
        if (!rooms.Has(room))
        {
            throw new HubException("There is no such room.");
        }

        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            throw new HubException($"A name has 1 to {LongestName} characters.");
        }

        if (Room is { } former && former != room)
        {
            await Groups.RemoveFromGroupAsync(Context.ConnectionId, former);
        }

        (Room, Name) = (room, name);
        // Before the history is read: what is said from now on comes from the feed, maybe some of it both ways. The page tells by the position.
        await Groups.AddToGroupAsync(Context.ConnectionId, room);
        presence.Enter(Context.ConnectionId, room, name);
        return await History(room, after);
    }

    /// <summary>What was said after a position, a page of it.</summary>
    public Task<HistoryPage> History(string room, string? after) => !rooms.Has(room)
        ? throw new HubException("There is no such room.")
        : after is null ? rooms.ReadLatestAsync(room, Context.ConnectionAborted) : rooms.ReadAfterAsync(room, after, Context.ConnectionAborted);

    /// <summary>Says something. The same id may be sent any number of times, to any server: it is stored once.</summary>
    public async Task<SayResult> Say(string room, string id, string text)
    {
        text = text.Trim();
        if (Name is not { } name || !rooms.Has(room))
        {
            return new SayResult(false, "There is no such room, or nobody has joined it.");
        }

        if (text.Length is 0 or > LongestText || id.Length is 0 or > LongestId)
        {
            return new SayResult(false, $"A message has 1 to {LongestText} characters.");
        }

        try
        {
            await bus.PublishToAsync(Rooms.TopicOf(room), new ChatMessage(name, text), new PublishOptions { MessageId = id });
            return new SayResult(true);
        }
        catch (PublishRefusedException refused) when (!refused.IsTransient)
        {
            return new SayResult(false, "It could not be stored.");
        }
        catch (PublishException)
        {
            // Redis is away, or nobody knows: the page sends it again, with the same id.
            return new SayResult(false);
        }
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        presence.Leave(Context.ConnectionId);
        return Task.CompletedTask;
    }
}
