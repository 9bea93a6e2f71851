namespace Chat;

/// <summary>A server says who is connected to it: all of them each time, so that an announcement that is missed is made up for by the next one.</summary>
/// <param name="Server">The process; another one after a restart.</param>
/// <param name="People">Nobody, when it is about to stop.</param>
/// <param name="Asks">It has just started, and wants to hear from the others at once.</param>
internal sealed record PresenceAnnounced(string Server, IReadOnlyList<Person> People, bool Asks = false);
