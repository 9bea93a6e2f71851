namespace Resilience;

/// <summary>An order that is to be paid for.</summary>
internal sealed record Charge(int Order, string Card);
