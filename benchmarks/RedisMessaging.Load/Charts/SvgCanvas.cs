using System.Globalization;
using System.Net;
using System.Text;

namespace RedisMessaging.Load.Charts;

/// <summary>An SVG with a background of its own, dark where the reader's page is: so it can be read wherever it is shown.</summary>
internal sealed class SvgCanvas(int width, int height)
{
    private const string Style = """
          .card { fill: #ffffff; stroke: #d0d7de }
          .text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
          .title { font-size: 16px; font-weight: 600 }
          .note { fill: #59636e; font-size: 12px }
          .grid { stroke: #d8dee4; stroke-width: 1 }
          .axis { stroke: #59636e; stroke-width: 1 }
          .line { fill: none; stroke-width: 2.5 }
          .dash { stroke-dasharray: 6 4 }
          .c0 { --c: #0969da } .c1 { --c: #bc4c00 } .c2 { --c: #6e7781 } .c3 { --c: #1a7f37 } .c4 { --c: #8250df }
          .fill { fill: var(--c) }
          .draw { stroke: var(--c) }
          @media (prefers-color-scheme: dark) {
            .card { fill: #0d1117; stroke: #3d444d }
            .text { fill: #f0f6fc }
            .note { fill: #9198a1 }
            .grid { stroke: #2a313c }
            .axis { stroke: #9198a1 }
            .c0 { --c: #4493f8 } .c1 { --c: #f0883e } .c2 { --c: #9198a1 } .c3 { --c: #3fb950 } .c4 { --c: #ab7df8 }
          }
        """;

    private readonly StringBuilder _content = new();

    public int Width { get; } = width;

    public int Height { get; } = height;

    public void Text(double x, double y, string text, string look = "", string anchor = "start", int turn = 0)
    {
        var turned = turn == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" transform=\"rotate({turn} {x:0.#} {y:0.#})\"");
        Append($"  <text class=\"text {look}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{turned}>{WebUtility.HtmlEncode(text)}</text>");
    }

    public void Line(double x1, double y1, double x2, double y2, string look) => Append($"  <line class=\"{look}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    public void Bar(double x, double y, double width, double height, int color) =>
        Append($"  <rect class=\"c{color} fill\" x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{Math.Max(height, 1):0.#}\" rx=\"2\"/>");

    public void Dot(double x, double y, int color) => Append($"  <circle class=\"c{color} fill\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"4\"/>");

    public void Path(IEnumerable<(double X, double Y)> points, int color, bool dashed)
    {
        var line = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));
        Append($"  <polyline class=\"c{color} draw line{(dashed ? " dash" : "")}\" points=\"{line}\"/>");
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img">
          <style>
        {Style}
          </style>
          <rect class="card" x="0.5" y="0.5" width="{Width - 1}" height="{Height - 1}" rx="8"/>
        {_content}</svg>

        """);

    private void Append(FormattableString element) => _content.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
