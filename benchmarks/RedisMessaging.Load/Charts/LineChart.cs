namespace RedisMessaging.Load.Charts;

/// <summary>A line for each series.</summary>
/// <param name="IsLogarithmic">Whether the vertical axis is; else it begins at 0.</param>
/// <param name="IsConnected">Whether there is a line between the places; else each dot has its figure.</param>
internal sealed record LineChart(string Title, string Note, string Vertical, string Horizontal, IReadOnlyList<string> Places, IReadOnlyList<ChartSeries> Series, bool IsLogarithmic = false, bool IsConnected = true)
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
            var points = series.Values.Select((value, place) => (Value: value, X: X(place))).Where(point => !double.IsNaN(point.Value)).Select(point => (point.Value, point.X, Y: Y(scale, point.Value))).ToArray();
            if (IsConnected)
            {
                canvas.Path(points.Select(point => (point.X, point.Y)), series.Color, series.Dashed);
            }

            foreach (var (value, x, y) in points)
            {
                canvas.Dot(x, y, series.Color);
                if (!IsConnected)
                {
                    // The first series' figures on the left, so that those of dots at the same height do not cover each other.
                    var left = series == Series[0];
                    canvas.Text(left ? x - 9 : x + 9, y + 4, Charts.Scale.Short(value), "note", left ? "end" : "start");
                }
            }
        }
    }
}
