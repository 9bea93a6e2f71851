using System.Text.Json.Serialization;

namespace RedisMessaging.ContractTests;

[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Alarm))]
[JsonSerializable(typeof(AccountOpened))]
[JsonSerializable(typeof(MoneyDeposited))]
[JsonSerializable(typeof(MoneyWithdrawn))]
[JsonSerializable(typeof(Sum))]
[JsonSerializable(typeof(Payment))]
[JsonSerializable(typeof(Happening))]
[JsonSerializable(typeof(Opening))]
[JsonSerializable(typeof(Vehicle))]
internal sealed partial class ContractJson : JsonSerializerContext;
