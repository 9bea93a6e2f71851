using System.Text.Json.Nodes;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>Somebody with a page of the chat, which keeps what it was given as the page does: by position.</summary>
internal sealed class ChatVisitor(string name, string room) : IAsyncDisposable
{
    private HubClient? _hub;
    private int _heard;
    private string? _position;

    /// <summary>What the page shows: "name: text".</summary>
    public List<string> Shown { get; } = [];

    /// <summary>Connects to a server, the first time or again, and catches up.</summary>
    public async Task ArriveAsync(string server)
    {
        await LeaveAsync();
        (_hub, _heard) = (await HubClient.ConnectAsync($"{server}/hub"), 0);
        var page = (await _hub.InvokeAsync("Join", room, name, _position))!;
        Take(page);
        while ((bool)page["more"]!)
        {
            page = (await _hub.InvokeAsync("History", room, _position))!;
            Take(page);
        }
    }

    public async Task LeaveAsync()
    {
        if (_hub is not null)
        {
            Listen();
            await _hub.DisposeAsync();
            _hub = null;
        }
    }

    /// <summary>Says something; an id of one's own can be said twice.</summary>
    public async Task<bool> SayAsync(string text, string? id = null) => (bool)(await _hub!.InvokeAsync("Say", room, id ?? Guid.NewGuid().ToString("N"), text))!["stored"]!;

    /// <summary>Waits until the page shows exactly this.</summary>
    public async Task ShowsAsync(params string[] lines)
    {
        await Eventually.TrueAsync(
            () =>
            {
                Listen();
                return Shown.Count >= lines.Length;
            },
            TimeSpan.FromSeconds(60),
            $"{name} sees {lines.Length} lines");
        Shown.Should().Equal(lines);
    }

    /// <summary>Waits until these, and only these, are online in the room.</summary>
    public Task SeesOnlineAsync(params string[] names) => Eventually.TrueAsync(
        async () =>
        {
            var state = (await _hub!.InvokeAsync("Look"))!;
            var people = state["rooms"]!.AsArray().Single(one => (string)one!["id"]! == room)!["people"]!.AsArray();
            return people.Select(person => (string)person!["name"]!).Order(StringComparer.Ordinal).SequenceEqual(names.Order(StringComparer.Ordinal));
        },
        TimeSpan.FromSeconds(60),
        $"{name} sees {string.Join(", ", names)} online");

    public async ValueTask DisposeAsync() => await LeaveAsync();

    private void Listen()
    {
        foreach (var (target, arguments) in _hub!.Heard.Skip(_heard))
        {
            _heard++;
            if (target == "Said")
            {
                Add(arguments[1]!);
            }
        }
    }

    private void Take(JsonNode page)
    {
        foreach (var line in page["lines"]!.AsArray())
        {
            Add(line!);
        }

        _position = (string)page["position"]!;
    }

    private void Add(JsonNode line)
    {
        var position = (string)line["position"]!;
        if (_position is null || Order(position).CompareTo(Order(_position)) > 0)
        {
            Shown.Add($"{line["name"]}: {line["text"]}");
            _position = position;
        }

        static (ulong, ulong) Order(string position) => (ulong.Parse(position.Split('-')[0]), ulong.Parse(position.Split('-')[1]));
    }
}
