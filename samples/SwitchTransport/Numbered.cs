namespace SwitchTransport;

/// <summary>A message that shows whether it is missing, there twice, or out of turn.</summary>
internal sealed record Numbered(int Number);
