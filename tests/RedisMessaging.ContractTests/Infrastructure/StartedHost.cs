using Microsoft.Extensions.Hosting;

namespace RedisMessaging.ContractTests;

/// <summary>A host that is stopped when it is disposed.</summary>
internal sealed class StartedHost(IHost host) : IAsyncDisposable
{
    private bool _isStarted;

    public IServiceProvider Services => host.Services;

    public async Task StartAsync()
    {
        await host.StartAsync();
        _isStarted = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
        {
            await host.StopAsync();
        }

        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
