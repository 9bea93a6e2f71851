namespace Chat;

/// <summary>What a page is told.</summary>
public interface IChatClient
{
    /// <summary>Something was said in the room it has joined, on whichever server.</summary>
    Task Said(string room, ChatLine line);

    /// <summary>Who is online in a room has changed.</summary>
    Task Online(string room, IReadOnlyList<Person> people);
}
