using System.Runtime.CompilerServices;
using RedisMessaging;

namespace LogCollector;

/// <summary>
/// Several services' histories as one, the newest line first. Each is read backwards and page by page, only as far as somebody asks for more: at any moment one line of each is looked at, and
/// the newest of them comes next.
/// </summary>
internal static class NewestFirst
{
    public static async IAsyncEnumerable<HistoryEntry<LogLine>> MergeAsync(IEnumerable<IAsyncEnumerable<HistoryEntry<LogLine>>> histories, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var readers = histories.Select(history => history.GetAsyncEnumerator(cancellationToken)).ToList();
        try
        {
            // The first pages side by side: one round trip, however many services there are.
            var found = await Task.WhenAll(readers.Select(reader => reader.MoveNextAsync().AsTask()));
            // The least comes first, so times count negative. Of the same millisecond, the services in their order; within one its own order stands anyway.
            var heads = new PriorityQueue<int, (long Newest, int Reader)>();
            for (var reader = 0; reader < readers.Count; reader++)
            {
                if (found[reader])
                {
                    Enqueue(reader);
                }
            }

            while (heads.TryDequeue(out var reader, out _))
            {
                yield return readers[reader].Current;
                if (await readers[reader].MoveNextAsync())
                {
                    Enqueue(reader);
                }
            }

            void Enqueue(int reader) => heads.Enqueue(reader, (-readers[reader].Current.StoredAt.ToUnixTimeMilliseconds(), reader));
        }
        finally
        {
            foreach (var reader in readers)
            {
                await reader.DisposeAsync();
            }
        }
    }
}
