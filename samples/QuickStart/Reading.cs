namespace QuickStart;

/// <summary>One of the many messages of the burst.</summary>
internal sealed record Reading(int Number, double Celsius);
