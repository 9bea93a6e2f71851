using Microsoft.AspNetCore.SignalR;
using RedisMessaging;

namespace Chat;

/// <summary>
/// Tells the other servers who is here, and the pages who is online. Over Pub/Sub: each announcement says everything, so one that is missed does no harm, and nothing that is older than a few
/// seconds is worth keeping.
/// </summary>
internal sealed class Presence(IMessageBus bus, Roster roster, Rooms rooms, ServerAddress address, IHubContext<ChatHub, IChatClient> hub) : BackgroundService
{
    public const string Topic = "chat:presence";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Two announcements may get lost; a server that is killed keeps its people online for so long.</summary>
    private static readonly TimeSpan SilentFor = 3 * Beat;

    private readonly string _server = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim _stirred = new(0);
    private readonly Dictionary<string, IReadOnlyList<Person>> _told = [];
    private volatile bool _somebodyMoved;

    /// <summary>Where this server is found.</summary>
    public string Address => address.Value;

    public IReadOnlyList<Person> In(string room) => roster.In(room);

    public void Enter(string connection, string room, string name)
    {
        roster.Enter(connection, new Person(room, name, Address));
        Stir(somebodyMoved: true);
    }

    public void Leave(string connection)
    {
        if (roster.Leave(connection))
        {
            Stir(somebodyMoved: true);
        }
    }

    public void Hear(PresenceAnnounced announced)
    {
        // What this server publishes comes back to it, too.
        if (announced.Server != _server)
        {
            roster.Hear(announced.Server, announced.People);
            Stir(somebodyMoved: announced.Asks);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Announce([]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Announce([], asks: true);
        while (true)
        {
            // Whatever stirs while the pages are being told is told with the next round, however many have come and gone: one at a time, so nobody is told what is over.
            var stirred = await _stirred.WaitAsync(Beat, stoppingToken);
            while (_stirred.Wait(0, CancellationToken.None))
            {
            }

            if (!stirred || _somebodyMoved)
            {
                _somebodyMoved = false;
                Announce(roster.Here);
            }

            roster.Forget(SilentFor);
            await TellPagesAsync(stoppingToken);
        }
    }

    /// <summary>TryPublish does not wait, and while Redis is away there is nothing to wait for: the next beat says it all again.</summary>
    private void Announce(IReadOnlyList<Person> people, bool asks = false) => bus.TryPublish(new PresenceAnnounced(_server, people, asks));

    private async Task TellPagesAsync(CancellationToken cancellationToken)
    {
        foreach (var (room, _) in rooms.All)
        {
            var people = roster.In(room);
            if (!_told.TryGetValue(room, out var told) || !told.SequenceEqual(people))
            {
                await hub.Clients.All.Online(room, people).WaitAsync(cancellationToken);
                _told[room] = people;
            }
        }
    }

    private void Stir(bool somebodyMoved)
    {
        _somebodyMoved |= somebodyMoved;
        _stirred.Release();
    }
}
