using System.Globalization;

namespace EventSourcing.Accounts;

/// <summary>What the events of an account amount to, and what may happen to it next. It knows nothing of Redis.</summary>
internal sealed record Account(string Holder = "", decimal Balance = 0)
{
    /// <summary>What each withdrawal costs.</summary>
    public const decimal Fee = 0.25m;

    public IReadOnlyList<AccountEvent> Open(string holder, decimal amount) =>
        Holder.Length == 0 ? [new AccountOpened(holder), new MoneyDeposited(amount)] : throw new AccountRuleException($"it is {Holder}'s already");

    public IReadOnlyList<AccountEvent> Deposit(decimal amount) =>
        Holder.Length > 0 ? [new MoneyDeposited(amount)] : throw new AccountRuleException("there is no such account");

    /// <summary>Two events, or none: no overdraft, and no withdrawal without its fee.</summary>
    public IReadOnlyList<AccountEvent> Withdraw(decimal amount) =>
        Balance >= amount + Fee
            ? [new MoneyWithdrawn(amount), new FeeCharged(Fee)]
            : throw new AccountRuleException(string.Create(CultureInfo.InvariantCulture, $"{Holder} has {Balance:0.00}, and it takes {amount + Fee:0.00}"));

    public Account Apply(AccountEvent happened) => happened switch
    {
        AccountOpened opened => this with { Holder = opened.Holder },
        MoneyDeposited deposited => this with { Balance = Balance + deposited.Amount },
        MoneyWithdrawn withdrawn => this with { Balance = Balance - withdrawn.Amount },
        FeeCharged charged => this with { Balance = Balance - charged.Amount },
        _ => throw new NotSupportedException($"No account knows of {happened.GetType().Name}."),
    };
}
