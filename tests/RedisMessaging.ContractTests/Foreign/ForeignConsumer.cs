using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>A process that consumes in one form: a host, as a user would have it.</summary>
internal sealed class ForeignConsumer : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CancellationTokenSource _stopReading = new();
    private Task _reading = Task.CompletedTask;

    private ForeignConsumer(IHost host) => _host = host;

    public static async Task<ForeignConsumer> StartAsync(ForeignTrial trial, Action<RedisMessagingBuilder, ForeignTrial> configure, string connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "contract" });
        builder.Services.AddSingleton<ILoggerFactory>(trial.Log);
        builder.Services.AddSingleton(trial);
        builder.Services.AddRedisMessaging(connectionString, messaging =>
        {
            configure(messaging, trial);
            AddHandler(messaging, trial);
        });
        var consumer = new ForeignConsumer(builder.Build());
        await Eventually.EndsAsync(consumer._host.StartAsync());
        if (trial.Form == HandlerForm.Reader)
        {
            consumer._reading = Task.Run(() => trial.ReadAsync(consumer._host.Services.GetRequiredService<IMessageBus>(), consumer._stopReading.Token));
        }

        return consumer;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopReading.CancelAsync();
        await _reading;
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        _stopReading.Dispose();
    }

    private static void AddHandler(RedisMessagingBuilder messaging, ForeignTrial trial)
    {
        switch (trial.Form)
        {
            case HandlerForm.Class:
                messaging.AddHandler<Note, ForeignHandler>(options => Set(options, trial));
                break;
            case HandlerForm.Delegate:
                messaging.AddHandler<Note>((note, _, token) => trial.HandleAsync(note, token), options => Set(options, trial));
                break;
            case HandlerForm.Batch:
                messaging.AddBatchHandler<Note, ForeignHandler>(options =>
                {
                    (options.Topic, options.Concurrency, options.BatchSize, options.BatchWait) = (trial.Topic, 2, 4, TimeSpan.FromMilliseconds(20));
                    trial.Configure(options.Retry);
                });
                break;
            case HandlerForm.Request:
                messaging.AddRequestHandler<Note, Sum, ForeignHandler>(options => Set(options, trial));
                break;
        }
    }

    private static void Set(HandlerOptions options, ForeignTrial trial)
    {
        (options.Topic, options.Concurrency, options.Prefetch) = (trial.Topic, 2, 4);
        trial.Configure(options.Retry);
    }
}
