using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Todo.Data;

/// <summary>Which database there is, by configuration, and how it comes into being.</summary>
internal static class Databases
{
    /// <summary>As long as a PostgreSQL that was started together with this may take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Adds the context, for a scope, and its factory.</summary>
    /// <param name="services">Gets both.</param>
    /// <param name="configuration">Has the provider and the connection string.</param>
    /// <param name="name">The connection string's name. Where there is none, the context is in the database <c>Todo</c>.</param>
    public static void AddDatabase<TContext>(this IServiceCollection services, IConfiguration configuration, string name)
        where TContext : DbContext =>
        services.AddDbContextFactory<TContext>(options => Use(
            options, configuration.GetValue<DatabaseProvider>("Database:Provider"), configuration.GetConnectionString(name) ?? configuration.GetConnectionString("Todo")!));

    public static void Use(DbContextOptionsBuilder options, DatabaseProvider provider, string connection) => _ = provider switch
    {
        DatabaseProvider.PostgreSQL => options.UseNpgsql(connection),
        _ => options.UseSqlite(connection),
    };

    /// <summary>Creates the database and the context's tables where they are missing.</summary>
    /// <param name="services">Has the factory of the context.</param>
    /// <param name="table">One of the tables: they are created together.</param>
    public static async Task CreateAsync<TContext>(IServiceProvider services, Func<TContext, IQueryable<object>> table)
        where TContext : DbContext
    {
        await using var database = await services.GetRequiredService<IDbContextFactory<TContext>>().CreateDbContextAsync();
        var waited = Stopwatch.StartNew();
        for (var failures = 0; ; failures++)
        {
            try
            {
                await CreateMissingAsync(database, table);
                return;
            }
            catch (DbException error) when (waited.Elapsed < Longest)
            {
                // Another process that creates them at the same moment was quicker, and they are there the next time; or the server has only just been started, which takes longer.
                if (failures > 0)
                {
                    services.GetRequiredService<ILogger<TContext>>().LogWarning("Creating tables is tried again: {Reason}", error.Message);
                }

                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>As <c>EnsureCreated</c>, which does nothing where there is any table; here two contexts may share a database.</summary>
    private static async Task CreateMissingAsync<TContext>(TContext database, Func<TContext, IQueryable<object>> table)
        where TContext : DbContext
    {
        var creator = database.GetService<IRelationalDatabaseCreator>();
        if (!await creator.ExistsAsync())
        {
            await creator.CreateAsync();
        }

        try
        {
            await table(database).AnyAsync();
        }
        catch (DbException)
        {
            // All in one transaction, on SQLite as on PostgreSQL.
            await creator.CreateTablesAsync();
        }
    }
}
