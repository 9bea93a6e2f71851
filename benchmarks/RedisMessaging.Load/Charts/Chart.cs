namespace RedisMessaging.Load.Charts;

/// <summary>The frame of a chart: title, axes with units, grid and legend.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Note">Below the title.</param>
/// <param name="Vertical">The vertical axis, with its unit.</param>
/// <param name="Horizontal">The horizontal axis.</param>
/// <param name="Places">What stands at the horizontal axis.</param>
internal abstract record Chart(string Title, string Note, string Vertical, string Horizontal, IReadOnlyList<string> Places, IReadOnlyList<ChartSeries> Series)
{
    protected const int Left = 78;
    protected const int Right = 24;
    protected const int Top = 98;
    protected const int Bottom = 62;
    private const int Width = 760;
    private const int Height = 400;

    protected static double PlotWidth => Width - Left - Right;

    protected static double PlotHeight => Height - Top - Bottom;

    public string Draw()
    {
        var canvas = new SvgCanvas(Width, Height);
        canvas.Text(20, 30, Title, "title");
        canvas.Text(20, 50, Note, "note");
        DrawLegend(canvas);
        var scale = Scale();
        foreach (var tick in scale.Ticks)
        {
            var y = Y(scale, tick);
            canvas.Line(Left, y, Width - Right, y, "grid");
            canvas.Text(Left - 8, y + 4, Charts.Scale.Short(tick), "note", "end");
        }

        canvas.Text(20, Top + (PlotHeight / 2), Vertical, "note", "middle", -90);
        for (var place = 0; place < Places.Count; place++)
        {
            canvas.Text(X(place), Height - Bottom + 20, Places[place], "", "middle");
        }

        canvas.Text(Left + (PlotWidth / 2), Height - 16, Horizontal, "note", "middle");
        DrawSeries(canvas, scale);
        canvas.Line(Left, Height - Bottom, Width - Right, Height - Bottom, "axis");
        return canvas.ToString();
    }

    protected abstract Scale Scale();

    protected abstract void DrawSeries(SvgCanvas canvas, Scale scale);

    /// <summary>The middle of a place's part of the horizontal axis.</summary>
    protected double X(int place) => Left + (PlotWidth * (place + 0.5) / Places.Count);

    protected static double Y(Scale scale, double value) => Top + (PlotHeight * (1 - scale.Share(value)));

    protected double Largest => Series.SelectMany(series => series.Values).Where(value => !double.IsNaN(value)).DefaultIfEmpty(1).Max();

    private void DrawLegend(SvgCanvas canvas)
    {
        double x = 20;
        foreach (var series in Series)
        {
            if (series.Dashed)
            {
                canvas.Path([(x, 74), (x + 22, 74)], series.Color, dashed: true);
            }
            else
            {
                canvas.Bar(x, 68, 22, 12, series.Color);
            }

            canvas.Text(x + 28, 79, series.Name);
            // About as wide as the letters are.
            x += 28 + (series.Name.Length * 7.2) + 18;
        }
    }
}
