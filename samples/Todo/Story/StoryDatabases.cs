using Microsoft.EntityFrameworkCore;
using Npgsql;
using Todo.Data;
using Todo.Worker;

namespace Todo.Story;

/// <summary>Two databases for one run of the story, on the provider that is configured. They go when it ends.</summary>
internal sealed class StoryDatabases : IAsyncDisposable
{
    private readonly DatabaseProvider _provider;
    private readonly DirectoryInfo? _folder;

    public StoryDatabases(IConfiguration configuration)
    {
        _provider = configuration.GetValue<DatabaseProvider>("Database:Provider");
        if (_provider == DatabaseProvider.Sqlite)
        {
            _folder = Directory.CreateTempSubdirectory("todo-story-");
            (Todo, Projection) = (InFolder("todo.db"), InFolder("todo-projection.db"));
        }
        else
        {
            var name = $"todo_story_{Guid.NewGuid():N}";
            (Todo, Projection) = (WithName("Todo", name), WithName("Projection", $"{name}_projection"));
        }

        string InFolder(string file) => $"Data Source={Path.Combine(_folder!.FullName, file)};Pooling=False";
        string WithName(string connection, string name) => new NpgsqlConnectionStringBuilder(configuration.GetConnectionString(connection)) { Database = name, Pooling = false }.ConnectionString;
    }

    /// <summary>Its connection string.</summary>
    public string Todo { get; }

    /// <inheritdoc cref="Todo"/>
    public string Projection { get; }

    public string Description => _provider == DatabaseProvider.Sqlite ? $"SQLite files in {_folder!.FullName}" : "PostgreSQL";

    public async Task<int> CountOutboxAsync()
    {
        await using var database = OpenTodo();
        return await database.Outbox.CountAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await using (var todo = OpenTodo())
        await using (var projection = new ProjectionDatabase(Options<ProjectionDatabase>(Projection)))
        {
            await todo.Database.EnsureDeletedAsync();
            await projection.Database.EnsureDeletedAsync();
        }

        _folder?.Delete(recursive: true);
    }

    private TodoDatabase OpenTodo() => new(Options<TodoDatabase>(Todo));

    private DbContextOptions<TContext> Options<TContext>(string connection)
        where TContext : DbContext
    {
        var options = new DbContextOptionsBuilder<TContext>();
        Databases.Use(options, _provider, connection);
        return options.Options;
    }
}
