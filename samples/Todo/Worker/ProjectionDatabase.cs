using Microsoft.EntityFrameworkCore;

namespace Todo.Worker;

/// <summary>The worker's: what it makes of the updates. The API only reads it.</summary>
internal sealed class ProjectionDatabase(DbContextOptions<ProjectionDatabase> options) : DbContext(options)
{
    public DbSet<TodoView> Todos => Set<TodoView>();

    public DbSet<HandledMessage> Handled => Set<HandledMessage>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<TodoView>(todo =>
        {
            todo.ToTable("todo_views");
            todo.Property(view => view.State).HasConversion<string>();
            // Two workers that change one todo at the same time: the second one's transaction fails, and its message is handled again.
            todo.Property(view => view.Updates).IsConcurrencyToken();
        });
        modelBuilder.Entity<HandledMessage>(message =>
        {
            message.ToTable("handled_messages");
            message.HasKey(handled => handled.MessageId);
        });
    }
}
