using System.Buffers;
using System.IO.Pipelines;

namespace RedisMessaging.FeedGaps.Tests.Support;

/// <summary>Bytes whose value tells their position, written in uneven pieces and checked one by one.</summary>
internal static class Traffic
{
    public static byte At(long position) => (byte)((position * 31) ^ (position >> 8) ^ (position >> 19));

    /// <summary>Writes <paramref name="length"/> bytes and completes the writer.</summary>
    public static async Task WriteAllAsync(PipeWriter writer, long length, int seed)
    {
        var random = new Random(seed);
        for (var position = 0L; position < length;)
        {
            var piece = (int)Math.Min(length - position, random.Next(1, 50_000));
            Fill(writer.GetMemory(piece).Span[..piece], position);
            writer.Advance(piece);
            position += piece;

            // Several pieces at once now and then, so that one flush spans segments.
            if (random.Next(4) == 0)
            {
                await writer.FlushAsync();
            }
        }

        await writer.CompleteAsync();
    }

    /// <summary>
    /// Reads to the end, or until <paramref name="enough"/> bytes came, and tells how many there were; throws when one is
    /// not what it should be.
    /// </summary>
    public static async Task<long> ReadAllAsync(PipeReader reader, long enough = long.MaxValue)
    {
        var position = 0L;
        while (true)
        {
            var result = await reader.ReadAsync();
            foreach (var memory in result.Buffer)
            {
                position = Check(memory.Span, position);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || position >= enough)
            {
                return position;
            }
        }
    }

    /// <summary>Waits for exactly <paramref name="length"/> bytes.</summary>
    public static async Task<byte[]> ReadExactlyAsync(PipeReader reader, int length)
    {
        var result = await reader.ReadAtLeastAsync(length).Within();
        var bytes = result.Buffer.Slice(0, length).ToArray();
        reader.AdvanceTo(result.Buffer.GetPosition(length));
        return bytes;
    }

    private static void Fill(Span<byte> span, long position)
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = At(position + i);
        }
    }

    private static long Check(ReadOnlySpan<byte> span, long position)
    {
        foreach (var value in span)
        {
            if (value != At(position))
            {
                throw new InvalidDataException($"Byte {position} is {value}, not {At(position)}.");
            }

            position++;
        }

        return position;
    }
}
