using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModularMonolith.Billing;
using ModularMonolith.Ordering;
using ModularMonolith.Shipping;
using RedisMessaging;

namespace ModularMonolith;

/// <summary>Puts the modules together. It says how the shared bus connects; topics and handlers are the modules' own.</summary>
internal static class Application
{
    public static IHost Build(string[] args, Action<IServiceCollection>? addMore = null)
    {
        var settings = new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory };
        var builder = Host.CreateApplicationBuilder(settings);
        builder.Services
            .AddOrdering()
            .AddBilling(builder.Configuration)
            .AddShipping()
            .AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), _ => { });
        addMore?.Invoke(builder.Services);
        return builder.Build();
    }

    public static T Get<T>(IHost host)
        where T : notnull => host.Services.GetRequiredService<T>();

    public static IMessageBus BillingBusOf(IHost host) => host.Services.GetRequiredKeyedService<IMessageBus>(BillingModule.Bus);

    public static IConfiguration SettingsOf(IHost host) => Get<IConfiguration>(host);
}
