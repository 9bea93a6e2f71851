using Microsoft.Data.Sqlite;

namespace EventSourcing.Projection;

/// <summary>The projection's table. A row and the version it belongs to are written by one statement: both are there or neither.</summary>
internal sealed class BalanceTable(string file)
{
    private readonly string _connection = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30 }.ToString();

    public Task CreateAsync(CancellationToken cancellationToken = default) => ExecuteAsync(
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS balances (
            account TEXT PRIMARY KEY, holder TEXT NOT NULL, deposited TEXT NOT NULL, withdrawn TEXT NOT NULL, fees TEXT NOT NULL,
            version INTEGER NOT NULL, position TEXT NOT NULL);
        """,
        [],
        cancellationToken);

    /// <summary>Writes a row, unless what is there was made from more events.</summary>
    public Task SaveAsync(Snapshot<BalanceRow> row, CancellationToken cancellationToken) => ExecuteAsync(
        """
        INSERT INTO balances VALUES ($account, $holder, $deposited, $withdrawn, $fees, $version, $position)
        ON CONFLICT (account) DO UPDATE
            SET holder = excluded.holder, deposited = excluded.deposited, withdrawn = excluded.withdrawn, fees = excluded.fees, version = excluded.version, position = excluded.position
            WHERE excluded.version > balances.version
        """,
        [
            new("$account", row.State.Number),
            new("$holder", row.State.Holder),
            // SQLite has no decimal: as text they lose nothing.
            new("$deposited", row.State.Deposited),
            new("$withdrawn", row.State.Withdrawn),
            new("$fees", row.State.Fees),
            new("$version", row.Version),
            new("$position", row.Position),
        ],
        cancellationToken);

    public Task ClearAsync(CancellationToken cancellationToken = default) => ExecuteAsync("DELETE FROM balances", [], cancellationToken);

    /// <summary>One account's row, or an empty one that was made from no event.</summary>
    public async Task<Snapshot<BalanceRow>> FindAsync(string number, CancellationToken cancellationToken) =>
        (await ReadAsync("WHERE account = $account", [new("$account", number)], cancellationToken)).SingleOrDefault() ?? new Snapshot<BalanceRow>(new BalanceRow(number));

    public Task<IReadOnlyList<Snapshot<BalanceRow>>> ListAsync(CancellationToken cancellationToken = default) => ReadAsync("ORDER BY account", [], cancellationToken);

    private async Task<IReadOnlyList<Snapshot<BalanceRow>>> ReadAsync(string which, IEnumerable<SqliteParameter> parameters, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync(cancellationToken);
        await using var command = CommandOf(connection, $"SELECT account, holder, deposited, withdrawn, fees, version, position FROM balances {which}", parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<Snapshot<BalanceRow>>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new BalanceRow(reader.GetString(0), reader.GetString(1), reader.GetDecimal(2), reader.GetDecimal(3), reader.GetDecimal(4));
            rows.Add(new Snapshot<BalanceRow>(row, reader.GetInt64(5), reader.GetString(6)));
        }

        return rows;
    }

    private async Task ExecuteAsync(string sql, IEnumerable<SqliteParameter> parameters, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync(cancellationToken);
        await using var command = CommandOf(connection, sql, parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static SqliteCommand CommandOf(SqliteConnection connection, string sql, IEnumerable<SqliteParameter> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddRange(parameters);
        return command;
    }
}
