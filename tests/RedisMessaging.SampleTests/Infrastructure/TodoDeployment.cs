using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using StackExchange.Redis;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>A Redis and a database, and on them the processes of the Todo sample that a test starts.</summary>
internal sealed class TodoDeployment : IAsyncDisposable
{
    private const string Stream = "todo-sample:{todo_updates}:stream";

    private readonly OwnRedisServer _server;
    private readonly ConnectionMultiplexer _redis;
    private readonly PostgresServer? _postgres;
    private readonly TemporaryFolder? _folder;
    private readonly string _database = $"todo_test_{Guid.NewGuid():N}";
    private readonly Dictionary<string, string> _settings;

    private TodoDeployment(OwnRedisServer server, ConnectionMultiplexer redis, PostgresServer? postgres)
    {
        (_server, _redis, _postgres) = (server, redis, postgres);
        _folder = postgres is null ? new TemporaryFolder() : null;
        _settings = new()
        {
            ["Database__Provider"] = postgres is null ? "Sqlite" : "PostgreSQL",
            ["ConnectionStrings__Todo"] = postgres is null ? File("todo.db") : $"{postgres.ConnectionString};Database={_database}",
        };
    }

    public static async Task<TodoDeployment> CreateAsync(string provider = "Sqlite")
    {
        var postgres = provider == "PostgreSQL" ? await PostgresServer.StartAsync() : null;
        var server = await RedisServer.StartPrivateAsync();
        return new TodoDeployment(server, await ConnectionMultiplexer.ConnectAsync(server.ConnectionString), postgres);
    }

    /// <summary>A setting for the processes that are started from now on.</summary>
    public void Set(string name, string value) => _settings[name] = value;

    /// <summary>Puts the worker's tables into an SQLite file of their own.</summary>
    public void SeparateProjection() => Set("ConnectionStrings__Projection", File("projection.db"));

    public Task<SampleProgram> StartWorkerAsync() => SampleProgram.StartAsync("Todo", _server.ConnectionString, ["worker"], _settings);

    /// <param name="holdAt">Where its relay stops for ever.</param>
    public Task<SampleProgram> StartApiAsync(string holdAt = "None") =>
        SampleProgram.StartAsync("Todo", _server.ConnectionString, ["api", "--urls", "http://127.0.0.1:0"], new Dictionary<string, string>(_settings) { ["Outbox__HoldAt"] = holdAt });

    public static async Task<HttpClient> ConnectAsync(SampleProgram api)
    {
        const string Listening = "Now listening on: ";
        var line = await api.PrintsAsync(Listening);
        return new HttpClient { BaseAddress = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]) };
    }

    /// <summary>What is still in the outbox, what is in the stream, and what the worker has noted as handled.</summary>
    public async Task<(long Outbox, long Stream, long Handled)> CountAsync() => (
        await QueryAsync("ConnectionStrings__Todo", "SELECT COUNT(*) FROM outbox"),
        await _redis.GetDatabase().StreamLengthAsync(Stream),
        await QueryAsync(_settings.ContainsKey("ConnectionStrings__Projection") ? "ConnectionStrings__Projection" : "ConnectionStrings__Todo", "SELECT COUNT(*) FROM handled_messages"));

    /// <summary>Adds a message to the outbox that no API wrote.</summary>
    public async Task AddToOutboxAsync(string body)
    {
        await using var connection = await OpenAsync("ConnectionStrings__Todo");
        await using var command = connection.CreateCommand();
        command.CommandText = $"""INSERT INTO outbox ("MessageId", "Body") VALUES ('{Guid.CreateVersion7().ToString().ToUpperInvariant()}', '{body}')""";
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
        _folder?.Dispose();
        if (_postgres is not null)
        {
            await _postgres.DropAsync(_database);
            await _postgres.DisposeAsync();
        }
    }

    private string File(string name) => $"Data Source={Path.Combine(_folder!.Path, name)}";

    private async Task<long> QueryAsync(string database, string query)
    {
        await using var connection = await OpenAsync(database);
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private async Task<DbConnection> OpenAsync(string database)
    {
        var connectionString = $"{_settings[database]};Pooling=false";
        DbConnection connection = _postgres is null ? new SqliteConnection(connectionString) : new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }
}
