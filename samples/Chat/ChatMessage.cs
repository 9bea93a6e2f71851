namespace Chat;

/// <summary>What somebody said. Who may read it is the stream's affair, when it was said Redis'.</summary>
internal sealed record ChatMessage(string Name, string Text);
