namespace RedisMessaging.Bus.Stopping;

/// <summary>
/// A handler that runs, with its filters. What is called inside it, on whatever thread and however deep, knows by <see cref="Current"/>
/// that it is: a stop that is asked for in there must not wait for it.
/// </summary>
internal sealed class RunningHandler
{
    private static readonly AsyncLocal<RunningHandler?> Ambient = new();

    private volatile bool _hasEnded;

    private RunningHandler(RunningHandlers among, int messages)
    {
        Among = among;
        Messages = messages;
    }

    /// <summary>The handler that the caller is inside of; none once that has ended, whatever it left running.</summary>
    public static RunningHandler? Current => Ambient.Value is { _hasEnded: false } current ? current : null;

    public bool HasEnded => _hasEnded;

    /// <summary>The handlers of its consumer.</summary>
    public RunningHandlers Among { get; }

    /// <summary>With how many messages it was started.</summary>
    public int Messages { get; }

    /// <summary>To be called in an async method: what it awaits from then on is inside the handler.</summary>
    public static RunningHandler Begin(RunningHandlers among, int messages)
    {
        var handling = new RunningHandler(among, messages);
        Ambient.Value = handling;
        return handling;
    }

    public void End() => _hasEnded = true;
}
