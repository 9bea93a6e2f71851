namespace ModularMonolith.Contracts;

/// <summary>The customer's card was charged.</summary>
internal sealed record OrderPaid(int Number, string Product);
