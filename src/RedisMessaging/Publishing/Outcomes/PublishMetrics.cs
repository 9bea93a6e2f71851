using RedisMessaging.Bus;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Outcomes;

/// <summary>Counts the outcomes of publishes.</summary>
internal sealed class PublishMetrics(Instruments instruments)
{
    public void Count(TopicRuntime topic, ReadOnlySpan<SendResult> results)
    {
        int conflicts = 0, failed = 0, duplicates = 0;
        foreach (ref readonly var result in results)
        {
            if (result.Error is not null)
            {
                _ = result.Error is VersionConflictException ? conflicts++ : failed++;
            }
            else if (result.Duplicate)
            {
                duplicates++;
            }
        }

        Count(instruments.Published, topic, results.Length - failed - conflicts - duplicates);
        Count(instruments.Duplicates, topic, duplicates);
        Count(instruments.VersionConflicts, topic, conflicts);
        Count(instruments.PublishFailed, topic, failed);
    }

    private static void Count(GuardedCounter counter, TopicRuntime topic, int count)
    {
        if (count > 0 && counter.Enabled)
        {
            counter.Add(count, Instruments.Topic(topic.Name));
        }
    }
}
