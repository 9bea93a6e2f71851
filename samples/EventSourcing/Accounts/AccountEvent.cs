namespace EventSourcing.Accounts;

/// <summary>Something that happened to an account. It is never changed or taken back: what was wrong is put right by another event.</summary>
internal abstract record AccountEvent;
