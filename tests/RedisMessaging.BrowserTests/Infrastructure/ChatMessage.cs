namespace RedisMessaging.BrowserTests.Infrastructure;

/// <summary>As the sample has it: the same name on the wire, the same properties.</summary>
internal sealed record ChatMessage(string Name, string Text);
