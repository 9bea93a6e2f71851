namespace QuickStart;

/// <summary>What people say to each other.</summary>
internal sealed record Greeting(string From, string Text);
