using RedisMessaging.Redis.StreamReading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Reading;

/// <summary>Reads entries as Redis returns them.</summary>
internal static class StreamReply
{
    /// <summary>The entries of one stream in a reply of XREADGROUP; empty when it returned none of it.</summary>
    public static StreamRecord[] ReadEntries(RedisResult reply, RedisValue stream, StreamSource lane, EntryFormat format)
    {
        var raw = XReadReply.EntriesOf(reply, stream);
        var entries = new StreamRecord[raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            entries[i] = ReadEntry(raw[i], lane, format);
        }

        return entries;
    }

    /// <summary>The entries of one stream in a reply that StackExchange.Redis has read, which makes fewer objects of it.</summary>
    public static StreamRecord[] ReadEntries(RedisStream[] reply, RedisKey stream, StreamSource lane, EntryFormat format)
    {
        var raw = Array.Find(reply, one => one.Key == stream).Entries ?? [];
        var entries = new StreamRecord[raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            var receipt = (string)raw[i].Id!;
            var id = StreamId.Parse(receipt);
            var entry = lane == StreamSource.Main
                ? ReadMain(id, receipt, format.FrameOf(raw[i].Values))
                : ReadRetry(id, receipt, Flatten(raw[i].Values));
            entries[i] = entry with { IsRedelivered = raw[i].DeliveryCount > 0 };
        }

        return entries;
    }

    public static RedisResult[] Flatten(NameValueEntry[] fields)
    {
        var flat = new RedisResult[2 * fields.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            flat[2 * i] = RedisResult.Create(fields[i].Name);
            flat[(2 * i) + 1] = RedisResult.Create(fields[i].Value);
        }

        return flat;
    }

    public static StreamRecord ReadEntry(RedisResult entry, StreamSource lane, EntryFormat format)
    {
        var receipt = (string)entry[0]!;
        var id = StreamId.Parse(receipt);
        if (entry[1].IsNull)
        {
            return new StreamRecord(id, receipt) { IsTrimmed = true };
        }

        // Where a read may take over entries, each has two parts more: for how long it idled, and how often it was handed out before.
        var read = lane == StreamSource.Main
            ? ReadMain(id, receipt, format.FrameOf((RedisResult[])entry[1]!))
            : ReadRetry(id, receipt, (RedisResult[])entry[1]!);
        return read with { IsRedelivered = entry.Length > 3 && (long)entry[3] > 0 };
    }

    private static StreamRecord ReadMain(StreamId id, string receipt, ReadOnlyMemory<byte> frame) => new(id, receipt)
    {
        Frame = frame,
        Position = receipt,
    };

    private static StreamRecord ReadRetry(StreamId id, string receipt, RedisResult[] fields)
    {
        ReadOnlyMemory<byte>? frame = null;
        long starts = 0;
        string? position = null;
        var released = false;
        var suspect = false;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            switch (NameOf(fields[i]))
            {
                case 'm':
                    frame = (RedisValue)fields[i + 1];
                    break;
                case 's':
                    ((RedisValue)fields[i + 1]).TryParse(out starts);
                    suspect = IsSuspect((RedisValue)fields[i + 1]);
                    break;
                case 'p':
                    position = (string?)fields[i + 1];
                    break;
                case 'r':
                    released = true;
                    break;
                default:
                    break;
            }
        }

        return new StreamRecord(id, receipt)
        {
            IsReleased = released,
            Frame = frame ?? ForeignEntry.Encode(fields),
            Starts = (int)Math.Clamp(starts, 0, int.MaxValue),
            IsSuspect = suspect,
            // Anybody may write to the stream; what is no id can't be one that the message was published with.
            Position = StreamId.TryParse(position, out _) ? position : null,
        };
    }

    /// <summary>"02" is 2 to older versions and to scripts, and says that the last start was never settled.</summary>
    private static bool IsSuspect(RedisValue starts)
    {
        ReadOnlyMemory<byte> text = starts;
        return text.Length > 1 && text.Span[0] == '0';
    }

    /// <summary>A name of one letter, or 0.</summary>
    private static char NameOf(RedisResult field)
    {
        ReadOnlyMemory<byte> name = (RedisValue)field;
        return name.Length == 1 ? (char)name.Span[0] : '\0';
    }
}
