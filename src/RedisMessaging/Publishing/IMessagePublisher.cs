using System.Runtime.CompilerServices;

namespace RedisMessaging;

/// <summary>Publishes messages. Code that only publishes asks for this part of <see cref="IMessageBus"/>.</summary>
/// <remarks>
/// Publishing has three outcomes: stored (the call returns), refused (<see cref="PublishRefusedException"/>: not stored), or not known
/// (<see cref="PublishOutcomeUnknownException"/>: the connection or the time ran out with the command under way). What passes is waited
/// for: see <see cref="RedisMessagingOptions.PublishTimeout"/>. A token given to a publish cancels before the message is written, and ends
/// the wait for another attempt (then with one of these exceptions); an outcome under way is awaited, because a Redis command can't be
/// taken back.
/// </remarks>
public interface IMessagePublisher
{
    /// <summary>
    /// Publishes to the only topic that carries the message's runtime type or, where none does, its nearest base class or interface.
    /// Pub/Sub: <c>PUBLISH</c>; queue: <c>LPUSH</c>; stream: <c>XADD</c>.
    /// </summary>
    /// <typeparam name="T">What the message is given as; its runtime type decides.</typeparam>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels before the message is written, or the wait for another attempt.</param>
    /// <returns>The message's id and what the transport knows of the outcome.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is null.</exception>
    /// <exception cref="RedisMessagingConfigurationException">No topic carries the type, several do, or a carried base type would lose
    /// properties: the text names them and the fix.</exception>
    /// <exception cref="PublishRefusedException">Redis refused the message, or it can't be written; it is not stored.</exception>
    /// <exception cref="PublishOutcomeUnknownException">The message may or may not be stored.</exception>
    ValueTask<PublishResult> PublishAsync<T>(T message, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="PublishAsync{T}(T, CancellationToken)"/>
    /// <param name="message">The message.</param>
    /// <param name="options">Id, headers, correlation.</param>
    /// <param name="cancellationToken">Cancels before the message is written, or the wait for another attempt.</param>
    ValueTask<PublishResult> PublishAsync<T>(T message, PublishOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes to a named topic, or to a concrete channel (<c>news:sport</c>) of a topic registered as a pattern (<c>news:*</c>). A
    /// message of several types that the topic carries may be given as what they have in common: it is published as what it is.
    /// </summary>
    /// <inheritdoc cref="PublishAsync{T}(T, CancellationToken)"/>
    /// <param name="topic">The topic.</param>
    /// <param name="message">The message.</param>
    /// <param name="options">Id, headers, correlation; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Cancels before the message is written, or the wait for another attempt.</param>
    ValueTask<PublishResult> PublishToAsync<T>(
        string topic,
        T message,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes many messages to the only topic that carries what they are, in their order and in few round trips. Queue: <c>LPUSH</c> of
    /// many values; stream and Pub/Sub: pipelined commands. Not atomic: some may be stored when others are not. Only with a
    /// <see cref="PublishOptions.ExpectedVersion"/> all are stored or none, in one step; then 1,000 are the most, and what fails is thrown
    /// as it is: a <see cref="VersionConflictException"/>, never a <see cref="PublishManyException"/>.
    /// </summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="messages">The messages.</param>
    /// <param name="cancellationToken">Cancels before the first message is written, or the wait for another attempt.</param>
    /// <returns>One result for each message, in their order.</returns>
    /// <exception cref="PublishManyException">Some were not stored: it has each message's result or error.</exception>
    /// <exception cref="VersionConflictException">With a <see cref="PublishOptions.ExpectedVersion"/>: the stream has another one, and none
    /// is stored.</exception>
    /// <exception cref="RedisMessagingConfigurationException">No topic carries the type, or several do: the text lists them.</exception>
    ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default);

    /// <summary>Publishes many messages, each with options of its own, to the only topic that carries what they are.</summary>
    /// <inheritdoc cref="PublishManyAsync{T}(IEnumerable{T}, CancellationToken)"/>
    ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        IEnumerable<OutgoingMessage<T>> messages,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes many messages to a named topic, also of several types that it carries, given as what they have in common.
    /// </summary>
    /// <inheritdoc cref="PublishManyAsync{T}(IEnumerable{T}, CancellationToken)"/>
    /// <param name="topic">The topic.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="options">Options that all of them share. A <see cref="PublishOptions.MessageId"/> or a
    /// <see cref="PublishOptions.Position"/> for more than one message is refused. A <see cref="PublishOptions.ExpectedVersion"/> is the
    /// one that the first message is appended to; the others follow it.</param>
    /// <param name="cancellationToken">Cancels before the first message is written, or the wait for another attempt.</param>
    /// <exception cref="ArgumentException">One <see cref="PublishOptions.MessageId"/> or <see cref="PublishOptions.Position"/> was given
    /// for several messages.</exception>
    ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        string topic,
        IEnumerable<T> messages,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes many messages, each with options of its own, to a named topic.</summary>
    /// <inheritdoc cref="PublishManyAsync{T}(IEnumerable{T}, CancellationToken)"/>
    /// <param name="topic">The topic.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="cancellationToken">Cancels before the first message is written, or the wait for another attempt.</param>
    [OverloadResolutionPriority(1)]
    ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        string topic,
        IEnumerable<OutgoingMessage<T>> messages,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Hands a message to the sender of the type's only topic and returns at once. Pub/Sub only: its messages may be lost anyway.
    /// </summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="message">The message.</param>
    /// <param name="options">Id, headers, correlation; <see langword="null"/> for the defaults.</param>
    /// <returns><see langword="false"/> when the sender's bounded buffer is full (counted): the message was dropped.</returns>
    /// <exception cref="RedisMessagingConfigurationException">No topic carries the type, several do, or the topic is not on
    /// Pub/Sub.</exception>
    bool TryPublish<T>(T message, PublishOptions? options = null);

    /// <summary>
    /// The same to a named topic, or to a concrete channel (<c>vitals:web-1</c>) of a topic registered as a pattern (<c>vitals:{host}</c>).
    /// </summary>
    /// <inheritdoc cref="TryPublish{T}(T, PublishOptions?)"/>
    /// <param name="topic">The topic.</param>
    /// <param name="message">The message.</param>
    /// <param name="options">Id, headers, correlation; <see langword="null"/> for the defaults.</param>
    /// <exception cref="RedisMessagingConfigurationException">There is no such topic, it does not carry <typeparamref name="T"/>, or it is
    /// not on Pub/Sub.</exception>
    bool TryPublishTo<T>(string topic, T message, PublishOptions? options = null);
}
