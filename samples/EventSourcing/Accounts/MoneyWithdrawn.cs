namespace EventSourcing.Accounts;

internal sealed record MoneyWithdrawn(decimal Amount) : AccountEvent;
