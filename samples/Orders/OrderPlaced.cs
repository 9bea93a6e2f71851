namespace Orders;

/// <summary>What happened. Each step takes from it what it needs.</summary>
/// <param name="Contact">A mail address or a phone number.</param>
/// <param name="Won">What it costs.</param>
internal sealed record OrderPlaced(int Number, string Customer, string Address, string Contact, string Product, int Quantity, int Won);
