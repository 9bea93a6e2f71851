using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.FaultTests;

/// <summary>What a <see cref="ConsumerProcess"/> does.</summary>
internal static class ConsumerProgram
{
    public static async Task RunAsync(ConsumerProcessOptions options)
    {
        if (options.BlocksFrom > 0)
        {
            // As docs/guarantees.md asks of a program with StackExchange.Redis 3 whose handlers block threads. Version 2 does not know it.
            ConnectionMultiplexer.SetFeatureFlag("DedicatedThreads", true);
        }

        var output = Console.OpenStandardOutput();
        var gate = new Lock();
        var started = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "redismessaging.leases.lost")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((_, count, _, _) => Say($"lost {count}"));
        meters.Start();
        using var foreignMeters = options.IsForeign ? ForeignCode.Listen() : null;

        await using var bus = await RedisMessageBus.ConnectAsync(
            options.Connection,
            messaging =>
            {
                messaging.KeyPrefix = options.Prefix;
                messaging.Application = "child";
                messaging.UseJson(LoadJson.Default);
                _ = options.Kind == TransportKind.Queue
                    ? messaging.AddQueue(FaultRun.Topic, topic =>
                    {
                        topic.Carries<LoadMessage>();
                        topic.Lease = options.Lease;
                    })
                    : messaging.AddStream(FaultRun.Topic, topic =>
                    {
                        topic.Carries<LoadMessage>();
                        topic.Lease = options.Lease;
                    });
                messaging.AddHandler<LoadMessage>(
                    async (message, context, token) =>
                    {
                        switch (message.Filler)
                        {
                            case Poison.Kills when !options.IsFixed:
                                Environment.FailFast("Poison.");
                                break;
                            case Poison.Throws when options.IsForeign:
                                throw ForeignCode.FailureOf(message);
                            case Poison.Throws when !options.IsFixed:
                                throw new InvalidOperationException("Poison.");
                        }

                        if (options.BlocksFrom > 0)
                        {
                            if (Interlocked.Increment(ref started) == options.BlocksFrom)
                            {
                                enough.SetResult();
                            }

                            await enough.Task;
                            // As handlers must not, and do.
                            Thread.Sleep(options.Work);
                        }
                        else
                        {
                            await Task.Delay(options.Work, token);
                        }

                        // Afterwards: what was not said was not handled, and has to come again.
                        Say($"handled {message.Publisher} {message.Number} {context.Attempt}");
                    },
                    handler =>
                    {
                        handler.Group = FaultRun.Group;
                        handler.Concurrency = options.Concurrency;
                        handler.Retry.MaxAttempts = options.MaxAttempts;
                        if (options.IsForeign)
                        {
                            ForeignCode.Configure(handler.Retry);
                        }
                    });
                if (options.IsForeign)
                {
                    messaging.AddConsumeFilter(new ForeignCode.Filter());
                }
            },
            options.IsForeign ? new ForeignCode.Log() : new WarningLog(new StandardError(), new RunLog(), $"child {Environment.ProcessId}"));
        Say($"ready {typeof(RedisMessageBus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion}");
        // Until the parent closes it, or is gone itself.
        await Console.In.ReadLineAsync();

        void Say(FormattableString line)
        {
            lock (gate)
            {
                output.Write(Encoding.ASCII.GetBytes(line.ToString(CultureInfo.InvariantCulture) + "\n"));
                output.Flush();
            }
        }
    }

    private sealed class StandardError : ITestOutputHelper
    {
        public void WriteLine(string message) => Console.Error.WriteLine(message);

        public void WriteLine(string format, params object[] args) => Console.Error.WriteLine(format, args);
    }
}
