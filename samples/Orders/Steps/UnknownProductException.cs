namespace Orders;

/// <summary>What was ordered is not in the catalogue.</summary>
internal sealed class UnknownProductException(string product) : Exception($"There is no {product} in the catalogue.");
