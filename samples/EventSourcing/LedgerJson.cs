using System.Text.Json.Serialization;
using EventSourcing.Accounts;

namespace EventSourcing;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(AccountOpened))]
[JsonSerializable(typeof(MoneyDeposited))]
[JsonSerializable(typeof(MoneyWithdrawn))]
[JsonSerializable(typeof(FeeCharged))]
[JsonSerializable(typeof(Snapshot<Account>))]
internal sealed partial class LedgerJson : JsonSerializerContext;
