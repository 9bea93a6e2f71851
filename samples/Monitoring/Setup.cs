using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace Monitoring;

/// <summary>What reporters and watcher have in common. How much a watcher buffers stands in appsettings.json.</summary>
internal static class Setup
{
    public const string AllHosts = "vitals:{host}";

    public static IHost Build(Action<IServiceCollection>? add = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.Configure<MonitoringOptions>(builder.Configuration.GetSection("Monitoring"));
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.AddPubSub<Vitals>(AllHosts);
        });
        add?.Invoke(builder.Services);
        return builder.Build();
    }

    public static string ChannelOf(string host) => $"vitals:{host}";
}
