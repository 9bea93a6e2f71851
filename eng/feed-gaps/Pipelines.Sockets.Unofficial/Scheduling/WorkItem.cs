namespace Pipelines.Sockets.Unofficial.Scheduling;

/// <summary>Something to run; the default value is none.</summary>
internal readonly record struct WorkItem(Action<object?>? Action, object? State);
