namespace EventSourcing.Accounts;

/// <summary>What a withdrawal costs: it stands right behind its <see cref="MoneyWithdrawn"/>, and never without it.</summary>
internal sealed record FeeCharged(decimal Amount) : AccountEvent;
