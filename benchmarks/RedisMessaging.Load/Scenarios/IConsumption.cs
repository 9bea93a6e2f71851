namespace RedisMessaging.Load.Scenarios;

/// <summary>A consumer at work, in this process or in another.</summary>
internal interface IConsumption : IAsyncDisposable
{
    /// <summary>The messages that warm up have come; what comes now counts.</summary>
    Task WarmedUpAsync();

    /// <summary>All have come.</summary>
    Task<Consumed> HandledAsync();
}
