using System.Globalization;
using System.Text;
using RedisMessaging.Load.Targets;

namespace RedisMessaging.Load.Results;

/// <summary>What <c>bench quick</c> found on one machine and another, side by side, as a table in Markdown.</summary>
internal static class RecordedTable
{
    public static string Write(IReadOnlyList<Recorded> recorded)
    {
        var text = new StringBuilder("| | target |");
        foreach (var one in recorded)
        {
            text.Append(CultureInfo.InvariantCulture, $" {one.Machine.Processor}, {one.Machine.Date} |");
        }

        text.Append("\n|---|---|").Insert(text.Length, "---|", recorded.Count).Append('\n');
        foreach (var target in AllTargets.Groups.SelectMany(group => group.Targets).Where(target => recorded.Any(one => one.Figures.ContainsKey(target.Name))))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {target.What} | {TargetTable.Wanted(target)} |");
            foreach (var one in recorded)
            {
                text.Append(one.Figures.TryGetValue(target.Name, out var figure)
                    ? $" {TargetTable.Figure(figure, target.Unit)}{(target.IsMetBy(figure) ? "" : ", **not met**")} |"
                    : " – |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
