using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Orders;

/// <summary>A step's own SQLite database, in which a message's id is written in one transaction with what the message brought about.</summary>
internal sealed class StepDatabase
{
    private readonly string _connection;

    private StepDatabase(string file) => _connection = new SqliteConnectionStringBuilder { DataSource = file }.ToString();

    /// <param name="file">The database, made if it is not there.</param>
    /// <param name="schema">Its tables, <c>IF NOT EXISTS</c>.</param>
    public static StepDatabase Open(string file, string schema)
    {
        var database = new StepDatabase(file);
        using var connection = new SqliteConnection(database._connection);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = schema;
        command.ExecuteNonQuery();
        return database;
    }

    /// <summary>Records messages and carries their effect out, both or neither, whenever the process dies. A message that is on record has no effect.</summary>
    /// <param name="record">Inserts a row with the message's id, <c>ON CONFLICT DO NOTHING</c>.</param>
    /// <param name="effect">What else is to happen, once for each message.</param>
    /// <param name="messages">The parameters of both, for each message.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>How many messages were new.</returns>
    public async Task<int> OnceAsync(string record, string effect, IEnumerable<(string Name, object Value)[]> messages, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction();
        var added = 0;
        foreach (var values in messages)
        {
            // No row: it is in the database already, and only its ack was lost.
            if (await ExecuteAsync(connection, transaction, record, values, cancellationToken) == 1)
            {
                await ExecuteAsync(connection, transaction, effect, values, cancellationToken);
                added++;
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    public async Task<long> CountAsync(string sql, params (string Name, object Value)[] values)
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync();
        await using var command = Command(connection, null, sql, values);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static async Task<int> ExecuteAsync(SqliteConnection connection, SqliteTransaction transaction, string sql, (string Name, object Value)[] values, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql, (string Name, object Value)[] values)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
