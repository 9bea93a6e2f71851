using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Ways;

/// <summary>Publishes.</summary>
internal interface ISender : IAsyncDisposable
{
    /// <summary>One message.</summary>
    Task SendAsync(LoadMessage message);

    /// <summary>One caller's loop: awaits each message until the source is used up. In the class that sends, so that no wrapper is measured with it.</summary>
    Task SendAllAsync(MessageSource source);
}
