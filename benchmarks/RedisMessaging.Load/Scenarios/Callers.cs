using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Scenarios;

/// <summary>So many who publish at the same time, each awaiting its own.</summary>
internal static class Callers
{
    public static Task RunAsync(int callers, ISender sender, MessageSource source) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => sender.SendAllAsync(source))));
}
