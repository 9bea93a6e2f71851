using EventSourcing.Accounts;
using EventSourcing.Projection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace EventSourcing;

/// <summary>What all parts have in common: the two families of streams, and what they carry. How long they keep it stands in appsettings.json.</summary>
internal static class Ledger
{
    /// <summary>One stream for each account, with all that ever happened to it.</summary>
    public const string Events = "events:{aggregateId}";

    /// <summary>One stream for each account, with its newest snapshot and nothing else.</summary>
    public const string Snapshots = "snapshots:{aggregateId}";

    /// <param name="projects">Whether this process keeps the projection.</param>
    public static IHost Build(bool projects = false)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton<AccountStore>();
        builder.Services.AddSingleton(new BalanceTable(builder.Configuration["Ledger:Projection"] ?? "balances.db"));
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging =>
        {
            messaging.UseJson(LedgerJson.Default);
            messaging.AddStream(Events, stream => stream.Carries<AccountOpened>().Carries<MoneyDeposited>().Carries<MoneyWithdrawn>().Carries<FeeCharged>());
            messaging.AddStream(Snapshots, stream => stream.Carries<Snapshot<Account>>("snapshot"));
            if (projects)
            {
                messaging.AddHandler<AccountOpened, BalanceProjection>(ForBalances);
                messaging.AddHandler<MoneyDeposited, BalanceProjection>(ForBalances);
                messaging.AddHandler<MoneyWithdrawn, BalanceProjection>(ForBalances);
                messaging.AddHandler<FeeCharged, BalanceProjection>(ForBalances);
            }
        });
        return builder.Build();

        static void ForBalances(HandlerOptions handler) => handler.Group = BalanceProjection.Group;
    }

    public static string EventsOf(string number) => $"events:{number}";

    public static string SnapshotsOf(string number) => $"snapshots:{number}";
}
