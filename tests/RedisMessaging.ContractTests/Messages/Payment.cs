using System.Text.Json.Serialization;

namespace RedisMessaging.ContractTests;

public sealed record Payment([property: JsonPropertyName("user_id")] int UserId, decimal Amount, string? Note = null);
