namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>Copies the elements of a sequence, each made into something else.</summary>
public static class SequenceExtensions
{
    /// <summary>An array with a result for each element.</summary>
    public static TTo[] ToArray<T, TTo>(this in Sequence<T> source, Projection<T, TTo> projection)
    {
        if (source.IsEmpty)
        {
            return [];
        }

        var result = new TTo[source.Length];
        source.CopyTo(result, projection);
        return result;
    }

    /// <summary>An array with a result for each element and <paramref name="state"/>.</summary>
    public static TTo[] ToArray<T, TState, TTo>(
        this in Sequence<T> source,
        Projection<T, TState, TTo> projection,
        in TState state)
    {
        ArgumentNullException.ThrowIfNull(projection);
        if (source.IsEmpty)
        {
            return [];
        }

        var result = new TTo[source.Length];
        var i = 0;
        foreach (var span in source.Spans)
        {
            foreach (ref var element in span)
            {
                result[i++] = projection(in element, in state);
            }
        }

        return result;
    }

    /// <summary>Writes a result for each element to <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">It is too short.</exception>
    public static void CopyTo<T, TTo>(this in Sequence<T> source, Span<TTo> destination, Projection<T, TTo> projection)
    {
        ArgumentNullException.ThrowIfNull(projection);
        if (destination.Length < source.Length)
        {
            throw new ArgumentException("The destination is shorter than the sequence.", nameof(destination));
        }

        var i = 0;
        foreach (var span in source.Spans)
        {
            foreach (ref var element in span)
            {
                destination[i++] = projection(in element);
            }
        }
    }
}
