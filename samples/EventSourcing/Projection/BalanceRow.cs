using EventSourcing.Accounts;

namespace EventSourcing.Projection;

/// <summary>What people look up: a row for each account, with sums that the account itself has no use for.</summary>
internal sealed record BalanceRow(string Number, string Holder = "", decimal Deposited = 0, decimal Withdrawn = 0, decimal Fees = 0)
{
    public decimal Balance => Deposited - Withdrawn - Fees;

    public BalanceRow After(AccountEvent happened) => happened switch
    {
        AccountOpened opened => this with { Holder = opened.Holder },
        MoneyDeposited deposited => this with { Deposited = Deposited + deposited.Amount },
        MoneyWithdrawn withdrawn => this with { Withdrawn = Withdrawn + withdrawn.Amount },
        FeeCharged charged => this with { Fees = Fees + charged.Amount },
        _ => this,
    };
}
