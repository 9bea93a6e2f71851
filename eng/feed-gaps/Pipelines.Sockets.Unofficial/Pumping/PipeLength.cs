using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial.Pumping;

/// <summary>
/// How many bytes a pipe holds. The pipe knows and does not tell: this asks for its internal property, and answers zero
/// on a runtime that has no such property (the number is only shown in messages).
/// </summary>
internal static class PipeLength
{
    public static long Of(Pipe pipe)
    {
        try
        {
            return Length(pipe);
        }
        catch (MissingMethodException)
        {
            return 0;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Length")]
    private static extern long Length(Pipe pipe);
}
