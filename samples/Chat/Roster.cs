namespace Chat;

/// <summary>Who is online: those who are connected here, and those whom other servers have told of.</summary>
internal sealed class Roster(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Person> _here = [];
    private readonly Dictionary<string, (IReadOnlyList<Person> People, long HeardAt)> _elsewhere = [];

    /// <summary>Everybody who is connected to this server.</summary>
    public IReadOnlyList<Person> Here
    {
        get
        {
            lock (_lock)
            {
                return [.. _here.Values];
            }
        }
    }

    public void Enter(string connection, Person person)
    {
        lock (_lock)
        {
            _here[connection] = person;
        }
    }

    public bool Leave(string connection)
    {
        lock (_lock)
        {
            return _here.Remove(connection);
        }
    }

    public void Hear(string server, IReadOnlyList<Person> people)
    {
        lock (_lock)
        {
            _elsewhere[server] = (people, time.GetTimestamp());
        }
    }

    /// <summary>Those of a server that has said nothing for so long are gone with it.</summary>
    public void Forget(TimeSpan silentFor)
    {
        lock (_lock)
        {
            foreach (var (server, _) in _elsewhere.Where(other => time.GetElapsedTime(other.Value.HeardAt) > silentFor))
            {
                _elsewhere.Remove(server);
            }
        }
    }

    /// <summary>Everybody in a room, each name once: somebody may have two tabs, or have moved to another server a moment ago.</summary>
    public IReadOnlyList<Person> In(string room)
    {
        lock (_lock)
        {
            return [.. _here.Values
                .Concat(_elsewhere.Values.SelectMany(other => other.People))
                .Where(person => person.Room == room)
                .DistinctBy(person => person.Name)
                .OrderBy(person => person.Name, StringComparer.Ordinal)];
        }
    }
}
