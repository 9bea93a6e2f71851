using System.Text.Json.Serialization;

namespace RedisMessaging.ContractTests;

[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Alarm))]
[JsonSerializable(typeof(AccountOpened))]
[JsonSerializable(typeof(MoneyDeposited))]
[JsonSerializable(typeof(MoneyWithdrawn))]
[JsonSerializable(typeof(Sum))]
[JsonSerializable(typeof(Payment))]
internal sealed partial class ContractJson : JsonSerializerContext;
