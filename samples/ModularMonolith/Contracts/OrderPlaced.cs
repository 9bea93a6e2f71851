namespace ModularMonolith.Contracts;

/// <summary>A customer has ordered.</summary>
internal sealed record OrderPlaced(int Number, string Product, int Won);
