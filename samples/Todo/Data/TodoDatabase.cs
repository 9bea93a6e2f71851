using Microsoft.EntityFrameworkCore;
using Todo.Outbox;

namespace Todo.Data;

/// <summary>The API's: the todos, and beside them, so that one transaction covers both, what is still to be published of them.</summary>
internal sealed class TodoDatabase(DbContextOptions<TodoDatabase> options) : DbContext(options)
{
    public DbSet<TodoItem> Todos => Set<TodoItem>();

    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<TodoItem>(todo =>
        {
            todo.ToTable("todos");
            todo.Property(item => item.Title).HasMaxLength(200);
            todo.Property(item => item.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<OutboxRow>(row =>
        {
            row.ToTable("outbox");
            row.HasKey(entry => entry.Number);
        });
    }
}
