namespace RedisMessaging.ContractTests;

/// <summary>Which call of a user's code throws, for one message among others.</summary>
internal enum ForeignFault
{
    None,

    /// <summary>The condition of <see cref="RetryOptions.DoNotRetry{TException}"/>.</summary>
    Condition,

    /// <summary><see cref="Exception.Message"/> of what the handler throws.</summary>
    Message,

    /// <summary><see cref="object.ToString"/>, <see cref="Exception.StackTrace"/> and <see cref="Exception.Data"/> of it.</summary>
    Text,

    /// <summary>A logger provider, at each call.</summary>
    Logger,

    /// <summary>A listener of the meter, at each count.</summary>
    Meter,

    /// <summary>A filter before it calls the next step.</summary>
    FilterBefore,

    /// <summary>A filter after the handler has succeeded.</summary>
    FilterAfter,

    /// <summary>The serializer, with an exception whose members throw as well.</summary>
    Serializer,

    /// <summary>The handler's own DisposeAsync, after it has succeeded.</summary>
    Dispose,

    /// <summary>The handler's own DisposeAsync, after it has failed.</summary>
    DisposeToo,

    /// <summary>A callback that a handler registered on its token.</summary>
    Callback,
}
