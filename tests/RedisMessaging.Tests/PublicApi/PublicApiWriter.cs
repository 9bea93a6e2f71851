using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RedisMessaging.Tests.PublicApi;

/// <summary>
/// Writes what an assembly shows to the outside as text that reads like C#: types, members, nullability, defaults, constraints, and the attributes that
/// change what a caller may write.
/// </summary>
internal sealed class PublicApiWriter
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    private readonly NullabilityInfoContext _nullability = new();

    public static string Write(Assembly assembly)
    {
        var writer = new PublicApiWriter();
        var types = assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal);
        return string.Join("\n", types.Select(writer.Describe));
    }

    private string Describe(Type type)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Attributes(type)}{Declaration(type)}\n");
        if (!type.IsSubclassOf(typeof(Delegate)))
        {
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {member}\n");
            }
        }

        return text.ToString();
    }

    private string Declaration(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            var invoke = type.GetMethod("Invoke")!;
            return $"public delegate {Name(invoke.ReturnParameter)} {Name(type)}({Parameters(invoke)}){Constraints(type.GetGenericArguments())}";
        }

        var bases = new List<string>();
        if (type.IsEnum)
        {
            bases.Add(Name(Enum.GetUnderlyingType(type)));
        }
        else
        {
            if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            {
                bases.Add(Name(parent));
            }

            var inherited = type.BaseType?.GetInterfaces() ?? [];
            bases.AddRange(type.GetInterfaces().Except(inherited).Where(contract => !IsRecord(type) || !contract.IsGenericType).Select(contract => Name(contract)).Order(StringComparer.Ordinal));
        }

        return $"public {Kind(type)} {type.Namespace}.{Name(type)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
        {
            return "enum";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        var record = IsRecord(type) ? "record " : "";
        if (type.IsValueType)
        {
            return $"{(type.IsDefined(typeof(IsReadOnlyAttribute), false) ? "readonly " : "")}{record}struct";
        }

        var modifier = type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        return $"{modifier}{record}class";
    }

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null
        || (type.IsValueType && type.GetMethod("PrintMembers", Declared)?.IsDefined(typeof(CompilerGeneratedAttribute), false) == true);

    private IEnumerable<string> Members(Type type)
    {
        foreach (var field in type.GetFields(Declared).Where(field => IsVisible(field) && !field.IsSpecialName))
        {
            yield return type.IsEnum
                ? $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}"
                : $"{Attributes(field)}{Access(field)} {(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{(field is { IsInitOnly: true, IsLiteral: false } ? "readonly " : "")}{Name(field.FieldType, _nullability.Create(field), IsAnnotated(field, field.DeclaringType))} {field.Name}{(field.IsLiteral ? " = " + Literal(field.GetRawConstantValue(), field.FieldType) : "")}";
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(IsVisible))
        {
            yield return $"{Attributes(constructor)}{Access(constructor)} {Simple(type)}({Parameters(constructor)})";
        }

        foreach (var property in type.GetProperties(Declared))
        {
            var getter = property.GetMethod is { } get && IsVisible(get) ? get : null;
            var setter = property.SetMethod is { } set && IsVisible(set) ? set : null;
            if ((getter ?? setter) is { } accessor && !accessor.IsDefined(typeof(CompilerGeneratedAttribute), false) | property.Name != "EqualityContract")
            {
                var isInit = setter?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
                var required = property.IsDefined(typeof(RequiredMemberAttribute), false) ? "required " : "";
                yield return $"{Attributes(property)}{Access(accessor)} {required}{Modifiers(accessor)}{Name(property.PropertyType, _nullability.Create(property), IsAnnotated(property, property.DeclaringType))} {property.Name} {{ {(getter is null ? "" : "get; ")}{(setter is null ? "" : isInit ? "init; " : "set; ")}}}";
            }
        }

        foreach (var @event in type.GetEvents(Declared).Where(@event => IsVisible(@event.AddMethod!)))
        {
            yield return $"{Access(@event.AddMethod!)} event {Name(@event.EventHandlerType!, _nullability.Create(@event))} {@event.Name}";
        }

        foreach (var method in type.GetMethods(Declared).Where(method => IsVisible(method) && !method.IsSpecialName && !method.IsDefined(typeof(CompilerGeneratedAttribute), false)))
        {
            var generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Parameter))}>" : "";
            yield return $"{Attributes(method)}{ReturnAttributes(method)}{Access(method)} {Modifiers(method)}{Name(method.ReturnParameter)} {method.Name}{generics}({Parameters(method)}){Constraints(method.IsGenericMethod ? method.GetGenericArguments() : [])}";
        }
    }

    private string Parameters(MethodBase method)
    {
        var isExtension = method.IsDefined(typeof(ExtensionAttribute), false);
        return string.Join(", ", method.GetParameters().Select(parameter =>
            $"{(isExtension && parameter.Position == 0 ? "this " : "")}{(parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : "")}{ParameterAttributes(parameter)}{(parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "")}{Name(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Literal(parameter.DefaultValue, parameter.ParameterType) : "")}"));
    }

    private static string Literal(object? value, Type type) => value switch
    {
        null when type.IsValueType && Nullable.GetUnderlyingType(type) is null => "default",
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        Enum constant => $"{constant.GetType().Name}.{constant}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private string Name(ParameterInfo parameter) => Name(parameter.ParameterType, _nullability.Create(parameter), IsAnnotated(parameter, parameter.Member));

    /// <summary>Whether a <c>T</c> is written <c>T?</c>: of a type parameter without constraints NullabilityInfoContext says "nullable" either way.</summary>
    private static bool IsAnnotated(ICustomAttributeProvider place, MemberInfo? around)
    {
        foreach (var attribute in place.GetCustomAttributes(false).OfType<NullableAttribute>())
        {
            return attribute.NullableFlags[0] == 2;
        }

        for (var context = around; context is not null; context = context.DeclaringType)
        {
            if (context.GetCustomAttribute<NullableContextAttribute>(false) is { } set)
            {
                return set.Flag == 2;
            }
        }

        return false;
    }

    private static string Name(Type type, NullabilityInfo? nullability = null, bool annotated = false)
    {
        var question = nullability is not null && !type.IsValueType && nullability.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!, nullability?.ElementType ?? nullability, annotated);
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!, nullability?.ElementType)}[]{question}";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Name(underlying)}?";
        }

        if (type.IsGenericParameter)
        {
            return type.Name + (annotated ? "?" : "");
        }

        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword + question;
        }

        if (!type.IsGenericType)
        {
            return type.Name + question;
        }

        var arguments = type.IsGenericTypeDefinition
            ? type.GetGenericArguments().Select(Parameter)
            : type.GetGenericArguments().Select((argument, i) => Name(argument, nullability is { GenericTypeArguments.Length: > 0 } ? nullability.GenericTypeArguments[i] : null));
        return $"{Simple(type)}<{string.Join(", ", arguments)}>{question}";
    }

    private static string Simple(Type type) => type.Name.Split('`')[0];

    private static string Parameter(Type parameter)
    {
        var variance = parameter.GenericParameterAttributes & GenericParameterAttributes.VarianceMask;
        return $"{(parameter.GetCustomAttribute<DynamicallyAccessedMembersAttribute>() is { } members ? $"[DynamicallyAccessedMembers({members.MemberTypes})] " : "")}{(variance == GenericParameterAttributes.Contravariant ? "in " : variance == GenericParameterAttributes.Covariant ? "out " : "")}{parameter.Name}";
    }

    private static string Constraints(IEnumerable<Type> parameters)
    {
        var text = new StringBuilder();
        foreach (var parameter in parameters.Where(parameter => parameter.IsGenericParameter))
        {
            var constraints = new List<string>();
            if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                constraints.Add("class");
            }

            if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            {
                constraints.Add("struct");
            }

            constraints.AddRange(parameter.GetGenericParameterConstraints().Where(constraint => constraint != typeof(ValueType)).Select(constraint => Name(constraint)));
            if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            {
                constraints.Add("new()");
            }

            if (constraints.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" where {parameter.Name} : {string.Join(", ", constraints)}");
            }
        }

        return text.ToString();
    }

    private static string Attributes(MemberInfo member)
    {
        var attributes = new List<string>();
        if (member.GetCustomAttribute<OverloadResolutionPriorityAttribute>(false) is { } priority)
        {
            attributes.Add($"[OverloadResolutionPriority({priority.Priority})]");
        }

        if (member.GetCustomAttribute<ObsoleteAttribute>(false) is { } obsolete && !member.IsDefined(typeof(CompilerFeatureRequiredAttribute), false))
        {
            attributes.Add($"[Obsolete(\"{obsolete.Message}\")]");
        }

        if (member.IsDefined(typeof(RequiresUnreferencedCodeAttribute), false))
        {
            attributes.Add("[RequiresUnreferencedCode]");
        }

        if (member.IsDefined(typeof(RequiresDynamicCodeAttribute), false))
        {
            attributes.Add("[RequiresDynamicCode]");
        }

        if (member.IsDefined(typeof(SetsRequiredMembersAttribute), false))
        {
            attributes.Add("[SetsRequiredMembers]");
        }

        if (member is Type && member.IsDefined(typeof(FlagsAttribute), false))
        {
            attributes.Add("[Flags]");
        }

        return attributes.Count == 0 ? "" : string.Join(" ", attributes) + " ";
    }

    private static string ReturnAttributes(MethodInfo method) => method.ReturnParameter.IsDefined(typeof(NotNullAttribute), false) ? "[return: NotNull] " : "";

    private static string ParameterAttributes(ParameterInfo parameter) =>
        parameter.GetCustomAttribute<MaybeNullWhenAttribute>() is { } maybe ? $"[MaybeNullWhen({(maybe.ReturnValue ? "true" : "false")})] "
        : parameter.GetCustomAttribute<NotNullWhenAttribute>() is { } notNull ? $"[NotNullWhen({(notNull.ReturnValue ? "true" : "false")})] "
        : "";

    private static string Modifiers(MethodInfo method) =>
        method.DeclaringType!.IsInterface ? (method.IsStatic ? "static " : "")
        : method.IsStatic ? "static "
        : method.IsAbstract ? "abstract "
        : method is { IsVirtual: true, IsFinal: false } && method.GetBaseDefinition() != method ? "override "
        : method is { IsVirtual: true, IsFinal: false } ? "virtual "
        : "";

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Access(FieldInfo field) => field.IsPublic ? "public" : "protected";
}
