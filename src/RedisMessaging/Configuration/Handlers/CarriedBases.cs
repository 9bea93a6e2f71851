namespace RedisMessaging.Configuration.Handlers;

/// <summary>What a message can be published as where its own type is not carried: the carried types that it is one of.</summary>
internal static class CarriedBases
{
    /// <summary>The nearest first: base classes before interfaces, and <see cref="object"/> last.</summary>
    public static IReadOnlyList<Type> Of(Type type, IEnumerable<Type> carried)
    {
        var bases = carried.Where(
            candidate => candidate != type && candidate.IsAssignableFrom(type) && !IsOtherNumbers(candidate, type)).ToList();
        return [.. bases.OrderBy(RankOf).ThenBy(candidate => CountBetween(candidate, bases))];
    }

    /// <summary>The other one of two interfaces that are equally near, if there is one.</summary>
    public static Type? RivalOf(Type nearest, IReadOnlyList<Type> bases) =>
        bases.FirstOrDefault(
            other => other != nearest
                && RankOf(other) == RankOf(nearest)
                && !nearest.IsAssignableFrom(other)
                && !other.IsAssignableFrom(nearest));

    /// <summary>An int[] can be had from a uint[], with other values.</summary>
    private static bool IsOtherNumbers(Type candidate, Type type) => candidate.IsArray && type.GetElementType() is { IsValueType: true };

    private static int RankOf(Type type) => type == typeof(object) ? 2 : type.IsInterface ? 1 : 0;

    /// <summary>How many of the candidates lie between one and the message.</summary>
    private static int CountBetween(Type candidate, List<Type> bases) =>
        bases.Count(other => other != candidate && candidate.IsAssignableFrom(other));
}
