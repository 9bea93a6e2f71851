using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;

namespace RedisMessaging.Consuming.Steps;

/// <summary>
/// One message on its way through the consume pipeline: each step fills in what the next ones need. Used for another one when its handler
/// is done.
/// </summary>
internal sealed class StepContext(ConsumerDefinition consumer, IServiceProvider services)
{
    public ConsumerDefinition Consumer { get; } = consumer;

    public InFlightMessage Held { get; private set; } = null!;

    /// <summary>The root provider at first; the message's scope once <see cref="ScopeStep"/> made one.</summary>
    public IServiceProvider Services { get; set; } = null!;

    public MessageContext? Context { get; set; }

    public object? Message { get; set; }

    /// <summary>The type that the topic carries it as.</summary>
    public Type? MessageType { get; set; }

    public HandlerDefinition? Handler { get; set; }

    /// <summary>What its request handler returned.</summary>
    public Reply? Reply { get; set; }

    /// <summary>Its request handler failed, and the reply says so: it is acked.</summary>
    public bool HasFailed { get; set; }

    /// <summary>What its request handler failed with.</summary>
    public Exception? Failure { get; set; }

    /// <summary>How many starts it had before this one.</summary>
    public int StartsBefore { get; private set; }

    /// <summary>It is acked although no handler was started with it.</summary>
    public bool IsSkipped { get; set; }

    /// <summary>Its batch handler settled it by itself, or it was lost while it was gathered.</summary>
    public bool IsSettled { get; set; }

    /// <summary>
    /// Something that was started with it may go on after its handling has ended, so it is not used again: a handler past its time, a
    /// filter that did not wait.
    /// </summary>
    public bool MayBeLeftBehind { get; set; }

    public void Begin(InFlightMessage held)
    {
        Held = held;
        Services = services;
        StartsBefore = held is null ? 0 : held.Starts - 1;
        (Context, Message, MessageType, Handler, Reply, Failure) = (null, null, null, null, null, null);
        (HasFailed, IsSkipped, IsSettled, MayBeLeftBehind) = (false, false, false, false);
    }

    /// <summary>Keeps nothing of the message alive while it waits for the next one.</summary>
    public void End() => Begin(null!);
}
