using System.Diagnostics;
using Npgsql;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>
/// A PostgreSQL that databases can be made on: the one that the environment names, else a private one from the installed programs, on a free port of this machine and in a folder of its own.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The environment variable with a connection string without a database: <c>Host=127.0.0.1;Username=todo;Password=…</c>.</summary>
    public const string Variable = "TODO_TEST_POSTGRES";

    /// <summary>Where somebody else may be, too.</summary>
    private const string Anywhere = "/";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly string? Named = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } connection ? connection : null;
    private static readonly string? Programs = FindPrograms();

    private readonly TemporaryFolder? _folder;
    private readonly Process? _process;
    private readonly Task<string> _log;

    private PostgresServer(string connectionString, TemporaryFolder? folder, Process? process)
    {
        (ConnectionString, _folder, _process) = (connectionString, folder, process);
        _log = process?.StandardError.ReadToEndAsync() ?? Task.FromResult("");
    }

    /// <summary>Whether there is one to use.</summary>
    public static bool IsThere => Named is not null || Programs is not null;

    /// <summary>Without a database.</summary>
    public string ConnectionString { get; }

    public static async Task<PostgresServer> StartAsync()
    {
        if (Named is not null)
        {
            return new PostgresServer(Named, folder: null, process: null);
        }

        var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        if (Environment.IsPrivilegedProcess)
        {
            (await Command.RunAsync("chown", ["65534", folder.Path])).MustSucceed();
        }

        var initdb = Unprivileged(Program("initdb"), "--pgdata", data, "--username", "todo", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync");
        (await Command.RunAsync(initdb[0], initdb[1..], Anywhere)).MustSucceed();
        var port = FreePort.Find();
        var mortal = ProcessParent.Mortal(Program("postgres"), "-D", data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off");
        // In this order: whoever becomes somebody else forgets with whom to die.
        var postgres = Unprivileged([mortal.FileName, .. mortal.ArgumentList]);
        var command = new ProcessStartInfo(postgres[0], postgres[1..]) { WorkingDirectory = Anywhere, RedirectStandardError = true };
        var server = new PostgresServer($"Host=127.0.0.1;Port={port};Username=todo", folder, await ProcessParent.StartAsync(command));
        try
        {
            await Eventually.TrueAsync(server.AnswersAsync, StartTimeout, "PostgreSQL answers");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Removes a database, whoever is still connected.</summary>
    public async Task DropAsync(string database)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString};Database=postgres;Pooling=false");
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {database} WITH (FORCE)", connection);
        await drop.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // Killed, it would leave its shared memory behind.
            if (!_process.HasExited)
            {
                ProcessSignal.Interrupt(_process.Id);
            }

            await Eventually.EndsAsync(_process.WaitForExitAsync(), what: "PostgreSQL stops");
            _process.Dispose();
        }

        _folder?.Dispose();
    }

    private static string? FindPrograms()
    {
        // Debian keeps them off the PATH.
        var folders = ProcessParent.FindOnPath("initdb") is { } initdb
            ? [Path.GetDirectoryName(initdb)!]
            : Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : [];
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    /// <summary>Its programs refuse to run as root.</summary>
    private static string[] Unprivileged(params string[] command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", .. command] : command;

    private static string Program(string name) => Path.Combine(Programs!, name);

    private async Task<bool> AnswersAsync()
    {
        if (_process!.HasExited)
        {
            throw new InvalidOperationException($"PostgreSQL did not start.\n{await _log}");
        }

        try
        {
            await using var connection = new NpgsqlConnection($"{ConnectionString};Database=postgres;Pooling=false;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
