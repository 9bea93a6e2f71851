using System.Text;

namespace RedisMessaging.Diagnostics;

/// <summary>
/// Types as a C# programmer writes them, so that a message can be pasted into code: <c>List&lt;OrderPlaced&gt;</c>,
/// <c>Shop.Events.Created</c>, <c>int?</c>, <c>(int, string)[]</c>. The only place of the library that reads a type's name for a person.
/// </summary>
internal static class TypeName
{
    /// <summary>The arguments of the longest tuple that is not nested in another one.</summary>
    private const int LongestPlainTuple = 7;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(decimal)] = "decimal",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(object)] = "object",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(string)] = "string",
        [typeof(void)] = "void",
    };

    /// <summary>Without namespaces; a nested type with the types around it (<c>Shop.Created</c>).</summary>
    public static string Of(Type type) => Write(type, isFull: false);

    /// <summary>With namespaces, of its generic arguments, too.</summary>
    public static string Full(Type type) => Write(type, isFull: true);

    /// <summary>Without namespaces, unless that is what another type of the same message is called.</summary>
    /// <param name="others">The other types of the message; the type itself may be among them.</param>
    public static string Among(Type type, IEnumerable<Type> others)
    {
        var name = Of(type);
        var same = others.Where(other => other != type && Of(other) == name).ToList();
        if (same.Count == 0)
        {
            return name;
        }

        var full = Full(type);
        return same.Exists(other => Full(other) == full) ? $"{full} (of {type.Assembly.GetName().Name})" : full;
    }

    /// <inheritdoc cref="Among(Type, IEnumerable{Type})"/>
    public static string Among(Type type, params ReadOnlySpan<Type> others) => Among(type, others.ToArray().AsEnumerable());

    /// <summary>Several types, so that no two of them read alike.</summary>
    /// <param name="mark">Put on both sides of each name.</param>
    public static string List(IReadOnlyCollection<Type> types, string mark = "") =>
        string.Join(", ", types.Select(type => mark + Among(type, types) + mark));

    private static string Write(Type type, bool isFull)
    {
        var name = new StringBuilder();
        Write(name, type, isFull);
        return name.ToString();
    }

    private static void Write(StringBuilder name, Type type, bool isFull)
    {
        if (type.IsArray)
        {
            WriteArray(name, type, isFull);
        }
        else if (type.HasElementType)
        {
            Write(name, type.GetElementType()!, isFull);
            name.Append(type.IsPointer ? '*' : '&');
        }
        else if (Keywords.TryGetValue(type, out var keyword))
        {
            name.Append(keyword);
        }
        else if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            Write(name, underlying, isFull);
            name.Append('?');
        }
        else if (IsTuple(type))
        {
            name.Append('(');
            WriteTuple(name, type, isFull);
            name.Append(')');
        }
        else
        {
            WriteNamed(name, type, isFull);
        }
    }

    /// <summary>C# writes the outer array's ranks first: <c>int[,][]</c> is an array of two dimensions, of arrays.</summary>
    private static void WriteArray(StringBuilder name, Type type, bool isFull)
    {
        var ranks = new StringBuilder();
        var element = type;
        for (; element.IsArray; element = element.GetElementType()!)
        {
            ranks.Append('[').Append(',', element.GetArrayRank() - 1).Append(']');
        }

        Write(name, element, isFull);
        name.Append(ranks);
    }

    private static bool IsTuple(Type type) =>
        type is { IsValueType: true, IsGenericType: true, IsGenericTypeDefinition: false }
            && type.GetGenericArguments().Length > 1
            && IsValueTuple(type);

    private static bool IsValueTuple(Type type) =>
        type.Namespace == nameof(System) && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal);

    private static void WriteTuple(StringBuilder name, Type type, bool isFull)
    {
        var items = type.GetGenericArguments();
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
            {
                name.Append(", ");
            }

            if (i == LongestPlainTuple && items[i].IsGenericType && IsValueTuple(items[i]))
            {
                WriteTuple(name, items[i], isFull);
            }
            else
            {
                Write(name, items[i], isFull);
            }
        }
    }

    private static void WriteNamed(StringBuilder name, Type type, bool isFull)
    {
        if (type.IsGenericParameter)
        {
            name.Append(type.Name);
            return;
        }

        if (isFull && type.Namespace is { Length: > 0 } space)
        {
            name.Append(space).Append('.');
        }

        // A nested type has the arguments of the types around it in front of its own.
        var arguments = type.GetGenericArguments();
        var written = 0;
        foreach (var part in Around(type))
        {
            if (part.IsNested)
            {
                name.Append('.');
            }

            var tick = part.Name.IndexOf('`', StringComparison.Ordinal);
            name.Append(tick < 0 ? part.Name : part.Name.AsSpan(0, tick));
            var own = part.GetGenericArguments().Length;
            if (own > written)
            {
                WriteArguments(name, arguments.AsSpan(written..own), isFull, isOpen: type.IsGenericTypeDefinition);
                written = own;
            }
        }
    }

    private static void WriteArguments(StringBuilder name, ReadOnlySpan<Type> arguments, bool isFull, bool isOpen)
    {
        name.Append('<');
        for (var i = 0; i < arguments.Length; i++)
        {
            name.Append(i == 0 ? "" : isOpen ? "," : ", ");
            if (!isOpen)
            {
                Write(name, arguments[i], isFull);
            }
        }

        name.Append('>');
    }

    /// <summary>The types around a nested one, outermost first, and itself.</summary>
    private static Stack<Type> Around(Type type)
    {
        var around = new Stack<Type>();
        for (var part = type; part is not null; part = part.DeclaringType)
        {
            around.Push(part);
        }

        return around;
    }
}
