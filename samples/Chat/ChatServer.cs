using RedisMessaging;
using Samples;

namespace Chat;

/// <summary><c>Chat serve</c>: one server, until Ctrl+C or the end of its input.</summary>
internal static class ChatServer
{
    /// <summary>What it prints once it listens.</summary>
    public const string Listening = "listening on ";

    public static async Task RunAsync(string[] args)
    {
        // wwwroot and appsettings.json lie beside the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.Configure<ChatSettings>(builder.Configuration.GetSection("Chat"));
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddStream<ChatMessage>(Rooms.Family);
            messaging.AddPubSub<PresenceAnnounced>(Presence.Topic);
            messaging.AddHandler<PresenceAnnounced, PresenceHandler>();
        });

        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<Rooms>().AddSingleton<Roster>().AddSingleton<ServerAddress>().AddSingleton<Presence>();
        // After the bus, which they use as soon as they start, and until they have stopped.
        builder.Services.AddHostedService<RoomFeed>().AddHostedService(services => services.GetRequiredService<Presence>());
        builder.Services.AddSignalR(hub =>
        {
            // A link that went silent is noticed by both sides within 15 s.
            hub.KeepAliveInterval = TimeSpan.FromSeconds(5);
            hub.ClientTimeoutInterval = TimeSpan.FromSeconds(15);
        }).AddJsonProtocol(json => json.PayloadSerializerOptions.TypeInfoResolver = HubJson.Default);

        var origins = builder.Configuration.GetSection("Chat:Origins").Get<string[]>() ?? [];
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods("GET", "POST")
            // What SignalR's client sends.
            .WithHeaders("X-Requested-With", "X-SignalR-User-Agent", "Content-Type")));

        await using var app = builder.Build();
        app.UseMiddleware<OriginGuard>();
        app.UseDefaultFiles();
        app.UseStaticFiles();
        app.UseCors();
        app.MapHub<ChatHub>(ChatHub.Path);

        EndOfInput.Stops(app);
        await app.StartAsync();
        Console.WriteLine($"{Listening}{string.Join(", ", app.Urls)}");
        await app.WaitForShutdownAsync();
    }
}
