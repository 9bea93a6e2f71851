namespace RedisMessaging;

/// <summary>
/// Called for each message that a consumer of this process gives up, on any topic: to alert, to compensate, to record. Add it with
/// <see cref="RedisMessagingBuilder.AddDeadLetterObserver{TObserver}"/>; for one handler see <see cref="ConsumerOptions.OnDeadLetter"/>.
/// </summary>
public interface IDeadLetterObserver
{
    /// <summary>A message was given up. What it throws is logged, and stops nothing.</summary>
    /// <param name="notice">The message, and why.</param>
    /// <param name="cancellationToken">Cancelled when the consumer stops and waits no longer.</param>
    /// <returns>A task that ends when the observer is done: the next notice of this consumer waits for it.</returns>
    /// <remarks>
    /// <para>
    /// Queue and stream: after the dead letter is written (<c>XADD</c>, in one step with the end of its lease). Pub/Sub: after the message
    /// was dropped, or its dead letter was written or refused (<see cref="PubSubOptions.KeepDeadLetters"/>). Notices of a consumer come one
    /// after another, and beside its handlers. Up to 1,000 wait; more are dropped, and logged as a warning.
    /// </para>
    /// <para>
    /// It may be called again for the same message: when the answer of Redis is lost, when a lease ran out at that moment and another
    /// consumer gives the message up as well, and after a redrive. When the process ends between the two, it is not called. What must never
    /// miss one reads <see cref="ITopic.DeadLetters"/> instead.
    /// </para>
    /// </remarks>
    ValueTask OnDeadLetterAsync(DeadLetterNotice notice, CancellationToken cancellationToken);
}
