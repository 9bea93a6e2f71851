using System.IO.Pipelines;
using Pipelines.Sockets.Unofficial.Pumping;

namespace Pipelines.Sockets.Unofficial;

/// <summary>Makes pipes of streams.</summary>
public static class StreamConnection
{
    /// <summary>A duplex pipe over <paramref name="stream"/>, which it owns; it counts its bytes.</summary>
    public static IDuplexPipe GetDuplex(
        Stream stream,
        PipeOptions? sendPipeOptions = null,
        PipeOptions? receivePipeOptions = null,
        string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new StreamDuplexPipe(DuplexPump.Start(new StreamChannel(stream), sendPipeOptions, receivePipeOptions), name);
    }

    /// <summary>A reader over <paramref name="stream"/>, which it owns.</summary>
    public static PipeReader GetReader(Stream stream, PipeOptions? pipeOptions = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return PipeReader.Create(stream, new StreamPipeReaderOptions(pipeOptions?.Pool));
    }
}
