using System.Reflection;

namespace RedisMessaging.Tests.Architecture;

/// <summary>Every type that a type mentions: in its bases, fields, signatures, locals and instructions; what the compiler nested in it included.</summary>
internal static class TypeReferences
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlySet<Type> Of(Type type)
    {
        var found = new HashSet<Type>();
        Collect(type, found);
        return found;
    }

    private static void Collect(Type type, HashSet<Type> found)
    {
        Add(found, type.BaseType);
        foreach (var contract in type.GetInterfaces())
        {
            Add(found, contract);
        }

        foreach (var field in type.GetFields(Declared))
        {
            Add(found, field.FieldType);
        }

        foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            Collect(method, found);
        }

        foreach (var nested in type.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic))
        {
            Collect(nested, found);
        }
    }

    private static void Collect(MethodBase method, HashSet<Type> found)
    {
        foreach (var parameter in method.GetParameters())
        {
            Add(found, parameter.ParameterType);
        }

        Add(found, (method as MethodInfo)?.ReturnType);
        if (method.GetMethodBody() is not { } body)
        {
            return;
        }

        foreach (var local in body.LocalVariables)
        {
            Add(found, local.LocalType);
        }

        foreach (var clause in body.ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause))
        {
            Add(found, clause.CatchType);
        }

        foreach (var member in Instructions.MembersOf(method))
        {
            Add(found, member as Type ?? member.DeclaringType);
            if (member is MethodInfo called)
            {
                Add(found, called.ReturnType);
                foreach (var argument in called.GetParameters().Select(parameter => parameter.ParameterType).Concat(called.IsGenericMethod ? called.GetGenericArguments() : []))
                {
                    Add(found, argument);
                }
            }
        }
    }

    private static void Add(HashSet<Type> found, Type? type)
    {
        if (type is null || type.IsGenericParameter)
        {
            return;
        }

        if (type.HasElementType)
        {
            Add(found, type.GetElementType());
            return;
        }

        if (type.IsGenericType)
        {
            foreach (var argument in type.GetGenericArguments())
            {
                Add(found, argument);
            }

            type = type.GetGenericTypeDefinition();
        }

        // Nested types belong to the outermost one, which is what stands in a file.
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        found.Add(type);
    }
}
