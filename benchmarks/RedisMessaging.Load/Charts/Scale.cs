using System.Globalization;

namespace RedisMessaging.Load.Charts;

/// <summary>From values to places on an axis, with the round values that are written beside it.</summary>
internal sealed class Scale
{
    private readonly Func<double, double> _of;
    private readonly double _low;
    private readonly double _high;

    private Scale(IReadOnlyList<double> ticks, Func<double, double> of)
    {
        Ticks = ticks;
        _of = of;
        _low = of(ticks[0]);
        _high = of(ticks[^1]);
    }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>From 0 to a round value above the largest one.</summary>
    public static Scale Linear(double largest)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(largest, 1e-9))));
        var step = new[] { 0.1, 0.2, 0.25, 0.5, 1, 2, 2.5 }.Select(part => part * power).First(step => step * 6 >= largest);
        var steps = (int)Math.Ceiling(largest / step);
        return new Scale([.. Enumerable.Range(0, steps + 1).Select(i => i * step)], value => value);
    }

    /// <summary>Powers of ten around the values, with 2 and 5 between them where there is room.</summary>
    public static Scale Logarithmic(double smallest, double largest)
    {
        var steps = new List<double>();
        for (var power = Math.Floor(Math.Log10(smallest)); power <= Math.Ceiling(Math.Log10(largest)); power++)
        {
            steps.AddRange(new[] { 1.0, 2, 5 }.Select(part => part * Math.Pow(10, power)));
        }

        var first = steps.FindLastIndex(step => step <= smallest);
        var last = steps.FindIndex(step => step >= largest);
        var ticks = steps[first..(last + 1)];
        return new Scale(ticks.Count > 1 ? ticks : [ticks[0], ticks[0] * 10], Math.Log10);
    }

    /// <returns>From 0 at its lower end to 1 at its upper one.</returns>
    public double Share(double value) => (_of(value) - _low) / (_high - _low);

    /// <summary>Short: 250k, 1.5M.</summary>
    public static string Short(double value) => value switch
    {
        >= 1_000_000 => (value / 1_000_000).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1_000 => (value / 1_000).ToString(value >= 100_000 ? "0" : "0.#", CultureInfo.InvariantCulture) + "k",
        >= 100 or 0 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
