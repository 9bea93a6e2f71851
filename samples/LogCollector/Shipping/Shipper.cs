using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RedisMessaging;

namespace LogCollector.Shipping;

/// <summary>Publishes what is in the outbox, as many lines at a time as have gathered.</summary>
internal sealed class Shipper(Outbox outbox, IMessageBus bus, string service) : BackgroundService
{
    private const int LargestBatch = 500;

    /// <summary>Sends what was logged until now. It is stopped before the bus is, because it was added after it.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        outbox.Close();
        if (ExecuteTask is { } sending)
        {
            await sending.WaitAsync(cancellationToken);
        }

        await base.StopAsync(cancellationToken);
    }

    // It ends with the outbox, not with the token, which would leave lines behind.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<LogLine>();
        while (await outbox.Lines.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            if (outbox.TakeDropped() is > 0 and var dropped)
            {
                batch.Add(new LogLine(LogLevel.Warning, nameof(Shipper), $"{dropped} lines were dropped: Redis did not take them"));
            }

            while (batch.Count < LargestBatch && outbox.Lines.TryRead(out var line))
            {
                batch.Add(line);
            }

            try
            {
                await bus.PublishManyAsync(Logs.TopicOf(service), batch, cancellationToken: CancellationToken.None);
            }
            catch (PublishManyException failure)
            {
                outbox.Drop(failure.Outcomes.Count(outcome => outcome.Error is not null));
            }
        }
    }
}
