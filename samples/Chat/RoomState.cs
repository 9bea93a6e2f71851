namespace Chat;

/// <summary>A room and who is online in it.</summary>
public sealed record RoomState(string Id, string Title, IReadOnlyList<Person> People);
