namespace RedisMessaging.Load.Charts;

/// <summary>A line for each series.</summary>
/// <param name="IsLogarithmic">Whether the vertical axis is; else it begins at 0.</param>
internal sealed record LineChart(string Title, string Note, string Vertical, string Horizontal, IReadOnlyList<string> Places, IReadOnlyList<ChartSeries> Series, bool IsLogarithmic = false)
    : Chart(Title, Note, Vertical, Horizontal, Places, Series)
{
    protected override Scale Scale()
    {
        var values = Series.SelectMany(series => series.Values).Where(value => !double.IsNaN(value) && value > 0).DefaultIfEmpty(1);
        return IsLogarithmic ? Charts.Scale.Logarithmic(values.Min(), values.Max()) : Charts.Scale.Linear(Largest * 1.05);
    }

    protected override void DrawSeries(SvgCanvas canvas, Scale scale)
    {
        foreach (var series in Series)
        {
            var points = series.Values.Select((value, place) => (Value: value, X: X(place))).Where(point => !double.IsNaN(point.Value)).Select(point => (point.X, Y(scale, point.Value))).ToArray();
            canvas.Path(points, series.Color, series.Dashed);
            foreach (var (x, y) in points)
            {
                canvas.Dot(x, y, series.Color);
            }
        }
    }
}
