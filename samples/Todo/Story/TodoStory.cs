using System.Diagnostics;
using RedisMessaging;
using Samples;
using Todo.Data;
using Todo.Messages;
using Todo.Outbox;

namespace Todo.Story;

/// <summary><c>Todo</c>: API and worker as processes, of which the API is killed at the two worst moments.</summary>
internal sealed class TodoStory(StoryDatabase database, IMessageBus bus, string[] settings)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static async Task<bool> RunAsync(string[] args)
    {
        var configuration = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory }).Configuration;
        var redis = configuration["RedisMessaging:Connection"]!;
        // Keys and database of its own: what API and worker have when they are run by hand stays.
        var keyPrefix = $"todo-story-{Guid.NewGuid():N}:";
        await using var database = new StoryDatabase(configuration);
        await using var bus = await RedisMessageBus.ConnectAsync(redis, messaging =>
        {
            messaging.KeyPrefix = keyPrefix;
            Messaging.Configure(messaging);
        });
        try
        {
            string[] settings = [.. args, $"--RedisMessaging:KeyPrefix={keyPrefix}", $"--ConnectionStrings:Todo={database.Connection}", $"--ConnectionStrings:Projection={database.Connection}"];
            return await new TodoStory(database, bus, settings).TellAsync();
        }
        finally
        {
            await KeyCleaner.RemoveAsync(redis, keyPrefix);
        }
    }

    private async Task<bool> TellAsync()
    {
        Console.WriteLine($"== API and worker start, each a process ({database.Description})");
        await using var worker = Part.Start("worker", settings);
        TodoItem milk;
        await using (var api = StartApi(HoldPoint.None))
        using (var client = await ConnectAsync(api))
        {
            await worker.LogsAsync("Application started");
            Console.WriteLine("== Todos are created and changed, and the worker's projection follows");
            milk = await client.CreateAsync("우유 사기");
            var dishes = await client.CreateAsync("설거지하기");
            await client.CreateAsync("Call 할머니");
            await client.CompleteAsync(dishes);
            var milkAndBread = await client.RenameAsync(milk, "우유와 빵 사기");
            await client.RenameFromOldAsync(milk, "두유 사기");
            milk = milkAndBread;
            await ShowAsync(client, rows: 0, entries: 5, updates: 5);
        }

        Console.WriteLine("== The API is killed between the commit and the publish (Outbox:HoldAt=BeforePublish)");
        await using (var api = StartApi(HoldPoint.BeforePublish))
        using (var client = await ConnectAsync(api))
        {
            await client.CompleteAsync(milk);
            await api.LogsAsync("held BeforePublish");
            await ShowAsync(client, rows: 1, entries: 5, updates: 5);
            await api.KillAsync();
            Console.WriteLine("  killed: the change is saved and was answered with 200, and nobody has been told of it");
        }

        Console.WriteLine("== It is back and publishes what it finds, and is killed before it deletes the row (Outbox:HoldAt=BeforeDelete)");
        await using (var api = StartApi(HoldPoint.BeforeDelete))
        using (var client = await ConnectAsync(api))
        {
            await api.LogsAsync("held BeforeDelete");
            await ShowAsync(client, rows: 1, entries: 6, updates: 6);
            await api.KillAsync();
            Console.WriteLine("  killed: the row is still there, as if it had never been published");
        }

        Console.WriteLine("== It is back again and publishes the row a second time");
        await using (var api = StartApi(HoldPoint.None))
        using (var client = await ConnectAsync(api))
        {
            await api.LogsAsync("(Duplicate)");
            var exactlyOnce = await ShowAsync(client, rows: 0, entries: 6, updates: 6);
            Console.WriteLine(exactlyOnce ? "exactly once: 6 changes saved, 6 messages in the stream, 6 updates handled" : "not exactly once");
            return exactlyOnce;
        }
    }

    private Part StartApi(HoldPoint holdAt) => Part.Start("api", [.. settings, "--urls=http://127.0.0.1:0", $"--Outbox:HoldAt={holdAt}"]);

    private static async Task<Client> ConnectAsync(Part api)
    {
        const string Listening = "Now listening on: ";
        var line = await api.LogsAsync(Listening);
        return new Client(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
    }

    /// <summary>Prints what is where, once it is as it should be, or will not be.</summary>
    private async Task<bool> ShowAsync(Client client, int rows, int entries, int updates)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var outbox = await database.CountOutboxAsync();
            var stream = (await bus.Topic(Messaging.Topic).AsStream().SummarizeHistoryAsync()).Count;
            var summary = await client.SummarizeAsync();
            var isIt = outbox == rows && stream == entries && summary.Updates == updates;
            if (isIt || waited.Elapsed > Longest)
            {
                Console.WriteLine($"  rows in the outbox: {outbox}; messages in the stream: {stream}; GET /summary: {summary.Updates} updates handled, {summary.Open} open, {summary.Done} done");
                return isIt;
            }

            await Task.Delay(50);
        }
    }
}
