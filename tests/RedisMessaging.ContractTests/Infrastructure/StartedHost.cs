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

    public async Task StopAsync()
    {
        if (_isStarted)
        {
            _isStarted = false;
            await host.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();

        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
