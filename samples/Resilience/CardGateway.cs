namespace Resilience;

/// <summary>Stands for another company's service: every second call fails once, and it can be down for a while.</summary>
internal sealed class CardGateway
{
    private int _calls;
    private volatile bool _isDown;

    /// <summary>Nothing is charged while it is down.</summary>
    public bool IsDown
    {
        get => _isDown;
        set => _isDown = value;
    }

    /// <exception cref="HttpRequestException">It is down, or stumbles.</exception>
    public Task ChargeAsync(Charge charge, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsDown ? throw new HttpRequestException("503 Service Unavailable: the gateway is down")
            : Interlocked.Increment(ref _calls) % 2 == 1 ? throw new HttpRequestException("502 Bad Gateway: try again")
            : Task.CompletedTask;
    }
}
