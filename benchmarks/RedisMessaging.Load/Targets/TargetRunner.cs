using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Targets;

/// <summary>Runs groups one after the other. One that fails leaves a row that says why, and the others run.</summary>
internal static class TargetRunner
{
    public static async Task<IReadOnlyList<TargetResult>> RunAsync(string connection, TargetSizes sizes, IReadOnlyList<TargetGroup> groups)
    {
        var progress = new Progress(groups.Sum(group => group.Steps(sizes)));
        var run = new TargetRun(connection, sizes, progress);
        var results = new List<TargetResult>();
        foreach (var group in groups)
        {
            try
            {
                results.AddRange(await group.RunAsync(run));
            }
            catch (Exception exception)
            {
                progress.End();
                Console.Error.WriteLine($"{group.Targets[0].Name}: {exception}");
                results.AddRange(group.Targets.Select(target => new TargetResult(target, [], []) { Error = exception.Message }));
            }
        }

        progress.End();
        return results;
    }
}
