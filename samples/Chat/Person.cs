namespace Chat;

/// <summary>Somebody who is online.</summary>
/// <param name="Server">The address of the server that they are connected to.</param>
public sealed record Person(string Room, string Name, string Server);
