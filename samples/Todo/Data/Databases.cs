using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Todo.Data;

/// <summary>Which databases there are, by configuration, and how they come into being.</summary>
internal static class Databases
{
    /// <summary>As long as a PostgreSQL that was started together with this may take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <param name="services">Gets the context, for a scope, and its factory.</param>
    /// <param name="configuration">Has the provider and the connection string.</param>
    /// <param name="name">The connection string's name.</param>
    public static void AddDatabase<TContext>(this IServiceCollection services, IConfiguration configuration, string name)
        where TContext : DbContext =>
        services.AddDbContextFactory<TContext>(options => Use(options, configuration.GetValue<DatabaseProvider>("Database:Provider"), configuration.GetConnectionString(name)!));

    public static void Use(DbContextOptionsBuilder options, DatabaseProvider provider, string connection) => _ = provider switch
    {
        DatabaseProvider.PostgreSQL => options.UseNpgsql(connection),
        _ => options.UseSqlite(connection),
    };

    /// <summary>Creates a database with its tables where they are missing.</summary>
    public static async Task CreateAsync<TContext>(IServiceProvider services)
        where TContext : DbContext
    {
        await using var database = await services.GetRequiredService<IDbContextFactory<TContext>>().CreateDbContextAsync();
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                // It looks, then it creates, all tables in one transaction. Where two processes do so at once, the second one fails, and sees the other's tables the next time.
                await database.Database.EnsureCreatedAsync();
                return;
            }
            catch (DbException error) when (waited.Elapsed < Longest)
            {
                services.GetRequiredService<ILogger<TContext>>().LogWarning("Not ready yet: {Reason}", error.Message);
                await Task.Delay(Pause);
            }
        }
    }
}
