using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace LogCollector;

/// <summary>What services, collectors and queries have in common: a stream for each service. How much it keeps stands in appsettings.json.</summary>
internal static class Logs
{
    public const string Family = "logs:{service}";

    public static IHost Build(Action<IHostApplicationBuilder>? more = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.UseJson(LogJson.Default);
            messaging.AddStream<LogLine>(Family);
        });
        more?.Invoke(builder);
        return builder.Build();
    }

    public static string TopicOf(string service) => $"logs:{service}";

    public static string ServiceOf(string topic) => topic["logs:".Length..];

    public static IMessageBus BusOf(IHost host) => host.Services.GetRequiredService<IMessageBus>();

    public static IConfigurationSection SettingsOf(IHost host) => host.Services.GetRequiredService<IConfiguration>().GetSection("RedisMessaging");
}
