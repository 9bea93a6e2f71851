using RedisMessaging;
using Samples;
using Todo.Data;
using Todo.Messages;
using Todo.Outbox;
using Todo.Worker;

namespace Todo.Api;

/// <summary><c>Todo api</c>.</summary>
internal static class ApiRole
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddProblemDetails();
        builder.Services.AddValidation();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        builder.Services.AddDatabase<TodoDatabase>(builder.Configuration, "Todo");
        builder.Services.AddDatabase<ProjectionDatabase>(builder.Configuration, "Projection");
        builder.Services.AddScoped<TodoService>();
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), Messaging.Configure);
        // Behind the bus: hosted services start in this order, and stop in the other one.
        builder.Services.AddSingleton<OutboxSignal>();
        builder.Services.Configure<OutboxOptions>(builder.Configuration.GetSection("Outbox"));
        builder.Services.AddHostedService<OutboxRelay>();

        await using var app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapTodos();
        app.MapSummary();
        await Databases.CreateAsync<TodoDatabase>(app.Services, database => database.Outbox);
        await Databases.CreateAsync<ProjectionDatabase>(app.Services, database => database.Handled);
        if (builder.Configuration.GetValue<bool>("StopAtEndOfInput"))
        {
            EndOfInput.Stops(app);
        }

        await app.RunAsync();
    }
}
