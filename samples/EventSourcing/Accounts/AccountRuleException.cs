namespace EventSourcing.Accounts;

/// <summary>An account does not allow what was asked of it.</summary>
internal sealed class AccountRuleException(string message) : Exception(message);
