using RedisMessaging;

namespace Orders;

/// <summary>A step that an order goes through: a consumer group, with worker processes of its own.</summary>
/// <param name="Name">Its name, and its group's.</param>
/// <param name="Schema">Its database's tables; <see langword="null"/> when it has none.</param>
/// <param name="Records">The table with a row for each message; <see langword="null"/> when it has none.</param>
/// <param name="AddHandler">Adds its handler.</param>
internal sealed record Step(string Name, string? Schema, string? Records, Action<RedisMessagingBuilder> AddHandler);
