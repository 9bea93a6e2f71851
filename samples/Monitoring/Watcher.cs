using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisMessaging;

namespace Monitoring;

/// <summary><c>Monitoring watch</c>: subscribes to all hosts or to one, and shows them until its input ends.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly DropCounter _drops;

    private Watcher(IHost host, DropCounter drops, Board board, IMessageSubscription subscription)
    {
        _host = host;
        _drops = drops;
        Board = board;
        Subscription = subscription;
    }

    public Board Board { get; }

    public IMessageSubscription Subscription { get; }

    /// <summary>How many messages wait for the handler at the most.</summary>
    public int BufferCapacity => Settings.GetValue<int>($"Topics:{Setup.AllHosts}:BufferCapacity");

    private IConfigurationSection Settings => _host.Services.GetRequiredService<IConfiguration>().GetSection("RedisMessaging");

    public static async Task RunAsync(string topic)
    {
        await using var watcher = await StartAsync(topic);
        using var stop = new CancellationTokenSource();
        var showing = Screen.ShowAsync(watcher.Board, stop.Token);
        await Task.Run(Console.ReadLine);
        await stop.CancelAsync();
        await showing;
    }

    public static async Task<Watcher> StartAsync(string topic = Setup.AllHosts)
    {
        var host = Setup.Build();
        // Before the bus is there, so that it hears of the counter.
        var drops = new DropCounter();
        var board = new Board(TimeProvider.System, host.Services.GetRequiredService<IOptions<MonitoringOptions>>().Value, drops);
        await host.StartAsync();
        var subscription = await host.Services.GetRequiredService<IMessageBus>().SubscribeAsync<Vitals>(
            topic,
            (vitals, context, _) =>
            {
                board.Take(context.Parameters["host"], vitals);
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { OnGap = board.NoteGap });
        board.Say($"watching {topic}");
        return new Watcher(host, drops, board, subscription);
    }

    /// <summary>Has Redis cut this watcher off for a while; it comes back by itself.</summary>
    public Task CutAsync(TimeSpan lasts) => SubscriptionCut.MakeAsync(Settings["Connection"]!, Settings["Application"]!, lasts);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _drops.Dispose();
    }
}
