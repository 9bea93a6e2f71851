using System.Globalization;

namespace RedisMessaging.Load.Commands;

/// <summary>What stands behind a command: names, and options with a value (<c>--rounds 5</c>) or without (<c>--record</c>).</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _options = [];

    public Arguments(IReadOnlyList<string> arguments, params string[] flags)
    {
        var names = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                names.Add(arguments[i]);
            }
            else if (flags.Contains(arguments[i]))
            {
                _options[arguments[i]] = "";
            }
            else
            {
                var option = arguments[i];
                _options[option] = ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{option} needs a value.");
            }
        }

        Names = names;
    }

    public IReadOnlyList<string> Names { get; }

    public bool Has(string flag) => _options.ContainsKey(flag);

    public string Text(string option, string otherwise) => _options.GetValueOrDefault(option, otherwise);

    public int Number(string option, int otherwise) => _options.TryGetValue(option, out var text)
        ? int.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number >= 0 ? number : throw new ArgumentException($"{option} takes a number, not '{text}'.")
        : otherwise;

    /// <summary>Fails on an option that the command does not know.</summary>
    public Arguments Only(params string[] known)
    {
        var unknown = _options.Keys.FirstOrDefault(option => !known.Contains(option));
        return unknown is null ? this : throw new ArgumentException($"There is no option {unknown}. There are: {(known.Length == 0 ? "none" : string.Join(", ", known))}.");
    }
}
