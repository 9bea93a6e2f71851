namespace ModularMonolith.Billing;

/// <summary>A piece of work of this module alone.</summary>
internal sealed record ChargeCard(int Number, string Product, int Won);
