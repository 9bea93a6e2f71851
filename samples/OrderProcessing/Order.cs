namespace OrderProcessing;

/// <summary>A piece of work.</summary>
/// <param name="Number">Its number: the producer's name and a count.</param>
internal sealed record Order(string Number, string Customer, string Item);
