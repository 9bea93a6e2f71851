namespace RedisMessaging.Diagnostics;

/// <summary>
/// The only place where an exception becomes text. An exception may be a user's type, whose members are a user's code: one that throws must not take the place of the exception that is described.
/// </summary>
internal static class ExceptionText
{
    /// <summary>Its type and message; empty for none.</summary>
    public static string Of(Exception? error) => error is null ? "" : $"{TypeOf(error)}: {MessageOf(error)}";

    public static string TypeOf(Exception error) => error.GetType().FullName ?? error.GetType().Name;

    public static string MessageOf(Exception error)
    {
        try
        {
            return error.Message ?? "";
        }
        catch (Exception fault)
        {
            return $"(its Message threw {TypeOf(fault)})";
        }
    }

    /// <summary>The exception as a log provider can print it: itself, or where its ToString throws one that names its type.</summary>
    public static Exception Printable(Exception error)
    {
        try
        {
            _ = error.ToString();
            return error;
        }
        catch (Exception fault)
        {
            return new UnprintableException($"{Of(error)} (its ToString threw {TypeOf(fault)})");
        }
    }
}
