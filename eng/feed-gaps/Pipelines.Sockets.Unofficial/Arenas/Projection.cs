namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>Makes a result of a value.</summary>
public delegate TResult Projection<T, out TResult>(in T value);

/// <summary>Makes a result of two values.</summary>
public delegate TResult Projection<T1, T2, out TResult>(in T1 first, in T2 second);
