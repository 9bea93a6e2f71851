using Microsoft.Extensions.Hosting;

namespace RedisMessaging.ContractTests;

/// <summary>A host that is stopped when it is disposed.</summary>
internal sealed class StartedHost(IHost host) : IAsyncDisposable
{
    public IServiceProvider Services => host.Services;

    public Task StartAsync() => host.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
