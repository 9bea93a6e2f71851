using System.Buffers;
using System.Runtime.InteropServices;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Repeats;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.StreamReading;

namespace RedisMessaging.Transports.Contracts;

/// <summary>A message on its way into a transport.</summary>
/// <param name="Bytes">Envelope and body.</param>
/// <param name="MessageId">Its id, which the envelope holds, too.</param>
internal readonly record struct OutgoingFrame(ReadOnlyMemory<byte> Bytes, string MessageId)
{
    /// <summary>Its publisher chose the id: a second message with it, within the topic's window, is not stored.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>
    /// Of an idempotent one: a number that this publish draws, and all attempts at it share, from 0 to <see cref="PublishNumbers"/> - 1. It is remembered with the id, so that a
    /// publish whose first attempt was cut off can tell that attempt from somebody else's message.
    /// </summary>
    public int PublishNumber { get; init; }

    /// <summary>
    /// The numbers stand in the fraction of a score that is a time in ms, where they cost nothing: of a double's 53 bits such a time takes 41 now and 42 until 2109.
    /// </summary>
    public const int PublishNumbers = 2048;

    /// <summary>Of a repeat: what its first attempt was sent with.</summary>
    public PublishMark? Mark { get; init; }

    /// <summary>It failed before, and what is published after it waits.</summary>
    public bool IsAnotherAttempt { get; init; }

    /// <summary>How long to keep it back, from when Redis gets it and by the server's clock.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Until when to keep it back, by the server's clock.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>How many messages the topic must ever have been given when this one is; <see langword="null"/> for any number.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>The position it is to get; <see langword="null"/> for the next one.</summary>
    public StreamId? Position { get; init; }

    /// <summary>Beside small ones on a slow link it would be what they wait for: it goes over a connection for its like.</summary>
    public bool IsLarge => Bytes.Length >= RedisConnections.LargeBytes;

    public static bool AnyIsLarge(ReadOnlySpan<OutgoingFrame> frames)
    {
        foreach (ref readonly var frame in frames)
        {
            if (frame.IsLarge)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Its bytes stand in an array of the shared pool.</summary>
    public bool IsRented { get; init; }

    /// <summary>Gives the array back. Only when nobody can write it to a connection any more: it was sent once, and answered.</summary>
    public void Recycle()
    {
        if (IsRented && MemoryMarshal.TryGetArray(Bytes, out var rented))
        {
            ArrayPool<byte>.Shared.Return(rented.Array!);
        }
    }

    /// <summary>Whether storing it takes more than appending it.</summary>
    public bool NeedsScript => IsIdempotent || Delay is not null || NotBefore is not null || ExpectedVersion is not null || Position is not null || Mark is not null;
}
