namespace Chat;

/// <summary>The server that a page has reached, the rooms there are, and who is in them.</summary>
public sealed record ServerState(string Server, IReadOnlyList<RoomState> Rooms);
