namespace EventSourcing.Accounts;

internal sealed record AccountOpened(string Holder) : AccountEvent;
