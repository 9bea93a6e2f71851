namespace EventSourcing.Accounts;

internal sealed record MoneyDeposited(decimal Amount) : AccountEvent;
