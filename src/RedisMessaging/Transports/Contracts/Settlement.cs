using RedisMessaging.Diagnostics;
using RedisMessaging.Topics.DeadLetters;

namespace RedisMessaging.Transports.Contracts;

/// <summary>A verdict on a delivery.</summary>
/// <param name="Delivery">The delivery, as it was received.</param>
/// <param name="Kind">What is to become of it.</param>
/// <param name="Starts">Release and Retry: the handler starts to carry on, this consumer's own included. Start: the starts to record.</param>
/// <param name="Reason">Dead letter: one of <see cref="DeadLetterReason"/>, or the reader's own words, cut.</param>
/// <param name="Detail">Dead letter: what exactly went wrong, if anything is known, cut.</param>
internal readonly record struct Settlement(Delivery Delivery, SettlementKind Kind, int Starts = 0, string? Reason = null, string? Detail = null)
{
    // Here, where every dead letter passes, whatever its transport: both may be what somebody else wrote.
    private readonly string? _reason = Reason is null ? null : BoundedText.Cut(Reason);
    private readonly string? _detail = Detail is null ? null : BoundedText.Cut(Detail);

    public string? Reason { get => _reason; init => _reason = value is null ? null : BoundedText.Cut(value); }

    public string? Detail { get => _detail; init => _detail = value is null ? null : BoundedText.Cut(value); }

    /// <summary>Release and Retry: it goes back as it came, since it was not started here.</summary>
    public bool IsUnstarted => Starts <= Delivery.Starts;

    /// <summary>Ack: the message's id, to be remembered in the same step (<see cref="ReceiverOptions.InboxWindow"/>).</summary>
    public string? HandledId { get; init; }

    /// <summary>Dead letter, Release, Retry: what a log entry calls the message.</summary>
    public string? MessageId { get; init; }

    /// <summary>Retry: how long to wait first, by the server's clock; zero for none. Only where the transport has a schedule.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>It waits in the transport's schedule first.</summary>
    public bool IsDelayed => Delay > TimeSpan.Zero;

    /// <summary>The delay as scripts take it: whole milliseconds, never shorter.</summary>
    public long DelayMs => (long)Math.Ceiling(Delay.TotalMilliseconds);
}
