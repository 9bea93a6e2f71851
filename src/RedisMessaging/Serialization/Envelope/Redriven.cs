using System.Text;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>Says in a frame's header that it comes from the dead letters.</summary>
internal static class Redriven
{
    /// <summary>
    /// Puts a field behind the version and leaves the rest of the header as it is, fields of newer publishers included. What has no header
    /// of ours stays as it is.
    /// </summary>
    public static ReadOnlyMemory<byte> Mark(ReadOnlyMemory<byte> frame, string deadLetterId)
    {
        var span = frame.Span;
        if (!span.StartsWith(EnvelopeFields.Start))
        {
            return frame;
        }

        var behindVersion = span.IndexOfAny((byte)',', (byte)'}', (byte)'\n');
        if (behindVersion < 0)
        {
            return frame;
        }

        var field = Encoding.UTF8.GetBytes($",\"{EnvelopeFields.RedrivenFrom.Value}\":\"{deadLetterId}\"");
        var marked = new byte[span.Length + field.Length];
        span[..behindVersion].CopyTo(marked);
        field.CopyTo(marked.AsSpan(behindVersion));
        span[behindVersion..].CopyTo(marked.AsSpan(behindVersion + field.Length));
        return marked;
    }
}
