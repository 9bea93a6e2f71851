using System.Diagnostics;

namespace RedisMessaging.Configuration.Buses;

/// <summary>One call that added to a bus. Errors name it, so that two modules that disagree are both found.</summary>
internal sealed class CallPlace
{
    private const string TopLevel = "<Main>$";

    private readonly string _text;

    /// <param name="method">The method of the library.</param>
    /// <param name="configure">What it was given. Where that was written is where the call is, nearly always.</param>
    public CallPlace(string method, Delegate configure)
    {
        // Trimming may have removed the names.
        _text = DiagnosticMethodInfo.Create(configure) is { } written ? $"{method} in {Describe(written)}" : method;
    }

    public override string ToString() => _text;

    /// <summary>Both, in the middle of a sentence that something was done by them.</summary>
    public static string Describe(CallPlace? one, CallPlace? other) =>
        $"{one}" == $"{other}" ? $"by {one}, called twice" : $"by {one} and by {other}";

    /// <summary>Says of several handlers by which calls they were added; nothing where it was one call.</summary>
    public static string DescribeHandlers(IEnumerable<CallPlace?> places)
    {
        var calls = places.OfType<CallPlace>().Distinct().ToList();
        var names = calls.Select(call => call._text).Distinct(StringComparer.Ordinal).ToList();
        return calls.Count < 2 ? ""
            : names.Count == 1 ? $" The handlers were added by {names[0]}, called {calls.Count} times."
            : $" The handlers were added by {string.Join(" and by ", names)}.";
    }

    /// <summary>The method as it was written: a lambda's is the one that it stands in.</summary>
    private static string Describe(DiagnosticMethodInfo written)
    {
        var type = written.DeclaringTypeName;
        var generated = type.IndexOf("+<", StringComparison.Ordinal);
        type = (generated < 0 ? type : type[..generated]).Replace('+', '.');
        var method = written.Name;
        // <Add>b__0_0 is a lambda in Add, <Add>g__Configure|0_0 a function in it; <<Main>$>b__0_0 stands in top-level statements.
        if (method.StartsWith('<') && method.LastIndexOf('>') is > 0 and var end)
        {
            method = method[1..end];
        }

        return method.Contains(TopLevel, StringComparison.Ordinal) ? type : $"{type}.{method}";
    }
}
