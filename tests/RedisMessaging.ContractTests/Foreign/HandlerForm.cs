namespace RedisMessaging.ContractTests;

/// <summary>How messages are handled.</summary>
internal enum HandlerForm
{
    Class,
    Delegate,
    Batch,
    Request,
    Reader,
}
