namespace RedisMessaging.Load.Charts;

/// <summary>What has one color in a chart.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Values">One for each place on the horizontal axis; <see cref="double.NaN"/> where there is none.</param>
/// <param name="Color">Which of the canvas' colors.</param>
/// <param name="Dashed">For a line: what is held against another one.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<double> Values, int Color, bool Dashed = false);
