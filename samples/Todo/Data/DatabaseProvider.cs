namespace Todo.Data;

/// <summary>The setting <c>Database:Provider</c>.</summary>
internal enum DatabaseProvider
{
    Sqlite,
    PostgreSQL,
}
