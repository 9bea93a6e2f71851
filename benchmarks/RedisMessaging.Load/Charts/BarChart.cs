namespace RedisMessaging.Load.Charts;

/// <summary>Bars side by side, each with its figure above it.</summary>
internal sealed record BarChart(string Title, string Note, string Vertical, string Horizontal, IReadOnlyList<string> Places, IReadOnlyList<ChartSeries> Series)
    : Chart(Title, Note, Vertical, Horizontal, Places, Series)
{
    protected override Scale Scale() => Charts.Scale.Linear(Largest * 1.05);

    protected override void DrawSeries(SvgCanvas canvas, Scale scale)
    {
        var room = PlotWidth / Places.Count * 0.8;
        for (var place = 0; place < Places.Count; place++)
        {
            var shown = Series.Where(series => !double.IsNaN(series.Values[place])).ToArray();
            var width = Math.Min(room / Series.Count, 90);
            var x = X(place) - (width * shown.Length / 2);
            foreach (var series in shown)
            {
                var y = Y(scale, series.Values[place]);
                canvas.Bar(x + 3, y, width - 6, Top + PlotHeight - y, series.Color);
                canvas.Text(x + (width / 2), y - 6, Charts.Scale.Short(series.Values[place]), "", "middle");
                x += width;
            }
        }
    }
}
