using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Growth;

/// <summary>One size of what grows.</summary>
/// <param name="Series">The line it belongs to: a transport, as a rule.</param>
/// <param name="Size">How many there were.</param>
/// <param name="Sample">What a message cost then.</param>
/// <param name="Connections">How many connections the bus had.</param>
internal sealed record GrowthPoint(string Series, int Size, Sample Sample, int Connections);
