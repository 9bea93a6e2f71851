using System.Text;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization;

/// <summary>Names of message types on the wire.</summary>
internal static class WireName
{
    public const int MaxLength = 200;

    /// <summary>
    /// <c>OrderPlaced</c> → <c>order-placed</c>, <c>XMLDocument</c> → <c>xml-document</c>, <c>List&lt;OrderPlaced&gt;</c> →
    /// <c>list-of-order-placed</c>.
    /// </summary>
    public static string Of(Type type)
    {
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}-array";
        }

        var name = type.Name;
        var arity = name.IndexOf('`', StringComparison.Ordinal);
        var kebab = Kebab(arity < 0 ? name : name[..arity]);
        return type.IsGenericType ? $"{kebab}-of-{string.Join("-and-", type.GetGenericArguments().Select(Of))}" : kebab;
    }

    public static void Validate(string name, Type type)
    {
        if (string.IsNullOrWhiteSpace(name)
            || name.Length > MaxLength
            || name.Any(char.IsControl)
            || BoundedText.IndexOfLoneSurrogate(name) >= 0)
        {
            throw new RedisMessagingConfigurationException(
                $"'{name}' can't be the wire name of '{TypeName.Of(type)}': use 1 to {MaxLength} characters without control characters and "
                    + "halves of surrogate pairs.");
        }
    }

    private static string Kebab(string name)
    {
        var kebab = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                kebab.Append('-');
            }

            kebab.Append(char.ToLowerInvariant(name[i]));
        }

        return kebab.ToString();
    }
}
