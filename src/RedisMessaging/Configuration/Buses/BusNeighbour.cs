using RedisMessaging.Redis.ServerChecks;

namespace RedisMessaging.Configuration.Buses;

/// <summary>A bus of a container that has connected.</summary>
/// <param name="Name">Its name; <see langword="null"/> for the one without.</param>
/// <param name="Model">Its topics and consumers.</param>
/// <param name="Place">Where its keys are.</param>
internal sealed record BusNeighbour(string? Name, BusModel Model, ServerPlace Place);
