using System.Buffers;

namespace RedisMessaging;

/// <summary>Settings of the bus as a whole. The builder sets them, a configuration section may override them.</summary>
public sealed class RedisMessagingOptions
{
    private const int SmallestMaxMessageBytes = 1024;

    private static readonly SearchValues<char> IllegalInPrefix = SearchValues.Create("{}*?[]\\ ");

    /// <summary>
    /// What every key and channel starts with (<c>shop:</c>). Default: nothing. Curly braces are refused: they would change a key's cluster
    /// slot.
    /// </summary>
    public string KeyPrefix { get; set; } = "";

    /// <summary>
    /// The application's name: the default consumer group, and the start of <see cref="MessageContext.Source"/>. Default: the host's
    /// application name, else the entry assembly's.
    /// </summary>
    public string? Application { get; set; }

    /// <summary>
    /// How long stopping may take. Handlers run undisturbed up to 5 s before its end (a fifth of it, where that is less); then their token
    /// is cancelled. What they do not end by then is given back. Default 25 s, under the host's 30 s.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long starting tries to reach Redis. Default 30 s. Configuration mistakes do not wait for it.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Start although Redis is away, and connect later. Default <see langword="false"/>: starting fails after <see cref="StartTimeout"/>.
    /// </summary>
    public bool StartWithoutRedis { get; set; }

    /// <summary>What to do when a topic's other transport still holds unhandled messages. Default: refuse to start.</summary>
    public OnTransportChange OnTransportChange { get; set; } = OnTransportChange.Fail;

    /// <summary>
    /// What to do when the server evicts messages (<c>allkeys-*</c>), is a read-only replica, or takes us for another user. Default: refuse
    /// to start.
    /// </summary>
    public OnUnsafeServer OnUnsafeServer { get; set; } = OnUnsafeServer.Fail;

    /// <summary>
    /// How many messages <see cref="IMessagePublisher.TryPublish{T}"/> buffers, in messages. Default 10,000. It buffers 64 MiB of them at
    /// most, too, or one that is larger.
    /// </summary>
    public int PublishBufferCapacity { get; set; } = 10_000;

    /// <summary>
    /// The largest message that is sent, envelope and body together, in bytes; a larger one is refused before anything is sent
    /// (<see cref="PublishRefusedException"/>). Default 4 MiB: room for a body of a few megabytes, and little enough that one message does
    /// not hold up for long what shares its connection. A message over the server's <c>proto-max-bulk-len</c> (512 MB unless set) would
    /// make it close that connection.
    /// </summary>
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// How long a publish is tried again by itself, from its first attempt on and with waits that grow from 0.1 s to 2 s. Default 10 s: a
    /// restart or a failover fits in, and two of StackExchange.Redis' own timeouts. Zero: never.
    /// </summary>
    /// <remarks>
    /// Only for reasons that pass: Redis is away, starting, a replica, busy, without its replicas, or can't save. What Redis refused or
    /// never got is sent again on every transport. What may have been stored is sent again only with a
    /// <see cref="PublishOptions.MessageId"/> on a topic that remembers ids (queue, stream), where it can't be stored twice, and within
    /// half of the topic's <see cref="TopicOptions.DeduplicationWindow"/>. On a stream of a server that knows repeats (Redis 8.6:
    /// <c>XADD … IDMP</c>) it is sent again without one, within 50 s. A full Redis and missing rights are reported at once. An attempt
    /// under way when the time is over is awaited. <see cref="IMessagePublisher.TryPublish{T}"/> never tries again.
    /// </remarks>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a stream's publishes are sent with what the server knows a repeat by. <see langword="null"/>: where the server can. For
    /// tests: never, or as if each server could.
    /// </summary>
    internal bool? RepeatsPublishes { get; set; }

    internal void CopyTo(RedisMessagingOptions target)
    {
        target.KeyPrefix = KeyPrefix;
        target.Application = Application;
        target.ShutdownTimeout = ShutdownTimeout;
        target.StartTimeout = StartTimeout;
        target.StartWithoutRedis = StartWithoutRedis;
        target.OnTransportChange = OnTransportChange;
        target.OnUnsafeServer = OnUnsafeServer;
        target.MaxMessageBytes = MaxMessageBytes;
        target.PublishBufferCapacity = PublishBufferCapacity;
        target.PublishTimeout = PublishTimeout;
        target.RepeatsPublishes = RepeatsPublishes;
    }

    internal void Validate()
    {
        if (KeyPrefix is null || KeyPrefix.AsSpan().ContainsAny(IllegalInPrefix) || KeyPrefix.Any(char.IsControl))
        {
            throw new RedisMessagingConfigurationException(
                $"KeyPrefix is '{KeyPrefix}'; it can't hold braces, glob characters, blanks or control characters. Use something like "
                + "\"shop:\".");
        }

        RequireNotNegative(nameof(ShutdownTimeout), ShutdownTimeout);
        RequireNotNegative(nameof(StartTimeout), StartTimeout);
        RequireNotNegative(nameof(PublishTimeout), PublishTimeout);
        if (PublishBufferCapacity < 1)
        {
            throw new RedisMessagingConfigurationException(
                $"PublishBufferCapacity is {PublishBufferCapacity}; it must be 1 message at least.");
        }

        if (MaxMessageBytes < SmallestMaxMessageBytes)
        {
            throw new RedisMessagingConfigurationException(
                $"MaxMessageBytes is {MaxMessageBytes}; it must be {SmallestMaxMessageBytes} at least, since the envelope is part of the "
                + "message.");
        }

        RequireDefined(nameof(OnTransportChange), OnTransportChange);
        RequireDefined(nameof(OnUnsafeServer), OnUnsafeServer);
    }

    private static void RequireDefined<T>(string name, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new RedisMessagingConfigurationException($"{name} is '{value}'; use one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    private static void RequireNotNegative(string name, TimeSpan value)
    {
        if (value < TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            throw new RedisMessagingConfigurationException($"{name} is {value}; it must be between 0 and 1 day.");
        }
    }
}
