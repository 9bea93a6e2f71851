using System.Text;

namespace RedisMessaging.Diagnostics;

/// <summary>
/// Stands for an exception in a log message whose text is too long for one: loggers print an exception whole. It says what the other one
/// said, cut, and its stack trace as far as there is room.
/// </summary>
internal sealed class BoundedException : Exception
{
    /// <summary>What the runtime wrote, the stack traces, does not count as foreign text, but has an end as well.</summary>
    private const int MaxLengthWithTraces = 64 * 1024;

    private const int MaxInner = 3;
    private const int MaxBytesOfInner = 512;

    private readonly string _text;
    private readonly string? _trace;

    private BoundedException(Exception error)
        : base(BoundedText.MessageOf(error, BoundedText.MaxBytes / 2))
    {
        var text = new StringBuilder(BoundedText.Of(error, BoundedText.MaxBytes / 2));
        var inner = Safely(error, static e => e.InnerException);
        for (var i = 0; inner is not null && i < MaxInner; i++, inner = Safely(inner, static e => e.InnerException))
        {
            text.AppendLine().Append(" ---> ").Append(BoundedText.Of(inner, MaxBytesOfInner));
        }

        var left = BoundedText.MaxBytes - Encoding.UTF8.GetByteCount(text.ToString()) - Environment.NewLine.Length;
        if (Safely(error, static e => e.StackTrace) is { Length: > 0 } trace)
        {
            _trace = BoundedText.Cut(trace, left);
            text.AppendLine().Append(_trace);
        }

        _text = text.ToString();
        HResult = error.HResult;
    }

    public override string? StackTrace => _trace;

    /// <summary>The exception itself where it may be logged as it is, else what stands for it.</summary>
    public static Exception For(Exception error) => error is BoundedException || MayBeLogged(error) ? error : new BoundedException(error);

    public override string ToString() => _text;

    private static bool MayBeLogged(Exception error)
    {
        try
        {
            // Before ToString, which copies the texts of all of them.
            for (var one = error; one is not null; one = one.InnerException)
            {
                if (!BoundedText.Fits(one.Message))
                {
                    return false;
                }
            }

            var text = error.ToString();
            return BoundedText.Fits(text)
                || (text.Length <= MaxLengthWithTraces && text.Length - LengthOfTraces(error) <= BoundedText.MaxBytes);
        }
        catch (Exception)
        {
            // It would throw in the logger as well.
            return false;
        }
    }

    private static int LengthOfTraces(Exception error)
    {
        var length = 0;
        for (var one = error; one is not null; one = one.InnerException)
        {
            length += one.StackTrace?.Length ?? 0;
            if (one is AggregateException several)
            {
                return length + several.InnerExceptions.Sum(LengthOfTraces);
            }
        }

        return length;
    }

    private static T? Safely<T>(Exception error, Func<Exception, T?> read)
        where T : class
    {
        try
        {
            return read(error);
        }
        catch (Exception)
        {
            return null;
        }
    }
}
