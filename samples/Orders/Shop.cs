using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace Orders;

/// <summary>What all programs of the sample have in common. Transport, lease and retention stand in appsettings.json.</summary>
internal static class Shop
{
    public const string Topic = "orders";

    /// <param name="args">Settings as a command line has them: <c>--data FOLDER</c>.</param>
    /// <param name="step">The step to work at; <see langword="null"/> for a program that only publishes or looks.</param>
    public static IHost Build(string[] args, Step? step = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(new DataFolder(builder.Configuration["Data"]!));
        builder.Services.AddSingleton<MailGateway>();
        if (step is { Schema: { } schema })
        {
            builder.Services.AddSingleton(services => StepDatabase.Open(services.GetRequiredService<DataFolder>().DatabaseOf(step), schema));
        }

        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddStream<OrderPlaced>(Topic);
            step?.AddHandler(messaging);
        });
        return builder.Build();
    }

    public static IMessageBus BusOf(IHost host) => host.Services.GetRequiredService<IMessageBus>();

    public static IConfiguration SettingsOf(IHost host) => host.Services.GetRequiredService<IConfiguration>();

    public static DataFolder DataOf(IHost host) => host.Services.GetRequiredService<DataFolder>();
}
