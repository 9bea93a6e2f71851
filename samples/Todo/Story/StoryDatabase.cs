using Microsoft.EntityFrameworkCore;
using Npgsql;
using Todo.Data;

namespace Todo.Story;

/// <summary>A database for one run of the story, on the provider that is configured. It goes when the story ends.</summary>
internal sealed class StoryDatabase : IAsyncDisposable
{
    private readonly DatabaseProvider _provider;
    private readonly DirectoryInfo? _folder;

    public StoryDatabase(IConfiguration configuration)
    {
        _provider = configuration.GetValue<DatabaseProvider>("Database:Provider");
        if (_provider == DatabaseProvider.PostgreSQL)
        {
            var name = $"todo_story_{Guid.NewGuid():N}";
            (Connection, Description) = (new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("Todo")) { Database = name, Pooling = false }.ConnectionString, $"PostgreSQL, database {name}");
        }
        else
        {
            _folder = Directory.CreateTempSubdirectory("todo-story-");
            var file = Path.Combine(_folder.FullName, "todo.db");
            (Connection, Description) = ($"Data Source={file};Pooling=False", $"SQLite, {file}");
        }
    }

    public string Connection { get; }

    public string Description { get; }

    public async Task<int> CountOutboxAsync()
    {
        await using var database = Open();
        return await database.Outbox.CountAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await using (var database = Open())
        {
            await database.Database.EnsureDeletedAsync();
        }

        _folder?.Delete(recursive: true);
    }

    private TodoDatabase Open()
    {
        var options = new DbContextOptionsBuilder<TodoDatabase>();
        Databases.Use(options, _provider, Connection);
        return new TodoDatabase(options.Options);
    }
}
