using RedisMessaging;
using Samples;
using Todo.Data;
using Todo.Messages;

namespace Todo.Worker;

/// <summary><c>Todo worker</c>.</summary>
internal static class WorkerRole
{
    public static async Task RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddDatabase<ProjectionDatabase>(builder.Configuration, "Projection");
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            Messaging.Configure(messaging);
            messaging.AddHandler<TodoUpdated, Projection>(handler =>
            {
                handler.Group = "projection";
                // A database that is away for a day, at one attempt each 30 s: no update is kept aside for that.
                handler.Retry.MaxAttempts = 3_000;
            });
        });
        using var host = builder.Build();
        await Databases.CreateAsync<ProjectionDatabase>(host.Services, database => database.Handled);
        if (builder.Configuration.GetValue<bool>("StopAtEndOfInput"))
        {
            EndOfInput.Stops(host);
        }

        await host.RunAsync();
    }
}
