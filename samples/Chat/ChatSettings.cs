namespace Chat;

/// <summary>The section <c>Chat</c> of appsettings.json.</summary>
internal sealed class ChatSettings
{
    /// <summary>The rooms: what stands in their topic's name, and what people read.</summary>
    public Dictionary<string, string> Rooms { get; set; } = [];

    /// <summary>Where pages may come from that talk to this server, and which other servers a page from here may talk to.</summary>
    public string[] Origins { get; set; } = [];
}
