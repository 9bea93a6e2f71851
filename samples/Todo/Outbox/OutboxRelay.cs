using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RedisMessaging;
using Todo.Data;

namespace Todo.Outbox;

/// <summary>Publishes the rows of the outbox in their order, and deletes each when it is published.</summary>
/// <remarks>
/// Killed between the two it publishes the row once more when it is back, and so does the relay of another process that has read the same row: with the same
/// <see cref="PublishOptions.MessageId"/>, which the stream stores once within <see cref="TopicOptions.DeduplicationWindow"/>. Past that the worker knows the id.
/// Numbers of transactions that run side by side may become visible out of turn. Those of one todo can't: an update finds the version of the one before only when that is committed.
/// </remarks>
internal sealed partial class OutboxRelay(
    IDbContextFactory<TodoDatabase> databases, IMessageBus bus, OutboxSignal signal, IOptions<OutboxOptions> options, ILogger<OutboxRelay> logger) : BackgroundService
{
    private const int AtOnce = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await RelayAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Redis or the database is away: the rows wait. So they do where the wait for Redis was ended by the stop.
                LogFailed(error.Message);
            }

            await signal.WaitAsync(options.Value.Interval, stoppingToken);
        }
    }

    private async Task RelayAsync(CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        while (await database.Outbox.AsNoTracking().OrderBy(row => row.Number).Take(AtOnce).ToListAsync(cancellationToken) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                await PublishAsync(row, cancellationToken);
                await HoldAsync(HoldPoint.BeforeDelete, row, cancellationToken);
                await database.Outbox.Where(published => published.Number == row.Number).ExecuteDeleteAsync(cancellationToken);
            }
        }
    }

    private async Task PublishAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        await HoldAsync(HoldPoint.BeforePublish, row, cancellationToken);
        var result = await bus.PublishAsync(row.Read(), new PublishOptions { MessageId = row.MessageId.ToString() }, cancellationToken);
        if (result.Duplicate)
        {
            LogDuplicate(row.Number);
        }
        else
        {
            LogPublished(row.Number);
        }
    }

    private async Task HoldAsync(HoldPoint point, OutboxRow row, CancellationToken cancellationToken)
    {
        if (options.Value.HoldAt == point)
        {
            LogHeld(row.Number, point);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "outbox row {Number}: published")]
    private partial void LogPublished(long number);

    [LoggerMessage(2, LogLevel.Information, "outbox row {Number}: published again, stored once (Duplicate)")]
    private partial void LogDuplicate(long number);

    [LoggerMessage(3, LogLevel.Warning, "outbox row {Number}: held {Point}")]
    private partial void LogHeld(long number, HoldPoint point);

    [LoggerMessage(4, LogLevel.Warning, "The outbox is not relayed: {Reason}")]
    private partial void LogFailed(string reason);
}
