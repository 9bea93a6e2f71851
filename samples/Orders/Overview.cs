using RedisMessaging;

namespace Orders;

/// <summary>Reads how far each group is.</summary>
internal sealed class Overview(ITopic topic)
{
    public async Task<IReadOnlyList<GroupRow>> ReadAsync()
    {
        // First: what is published meanwhile counts as unread, not as handled.
        var published = (await topic.AsStream().SummarizeHistoryAsync()).Count;
        var groups = (await topic.AsStream().Groups.ListAsync()).ToDictionary(group => group.Name);
        var dead = (await topic.DeadLetters.PeekAsync(count: 1_000)).CountBy(letter => letter.Group).ToDictionary();
        return [.. Steps.All.Where(step => groups.ContainsKey(step.Name)).Select(step => RowOf(step.Name))];

        GroupRow RowOf(string name)
        {
            var group = groups[name];
            // Nothing is ever deleted here, so that Redis can always tell.
            var lag = group.Lag ?? 0;
            var aside = dead.GetValueOrDefault(name);
            return new GroupRow(name, lag, group.Pending, group.Retrying, aside, Math.Max(0, published - lag - group.Pending - group.Retrying - aside));
        }
    }
}
