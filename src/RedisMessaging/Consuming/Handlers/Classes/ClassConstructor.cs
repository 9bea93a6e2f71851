using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Handlers.Classes;

/// <summary>The constructor that instances of a class are made with.</summary>
internal sealed class ClassConstructor
{
    private readonly ConstructorInvoker _invoker;
    private readonly ClassParameter[] _parameters;

    private ClassConstructor(ConstructorInfo constructor, ClassParameter[] parameters)
    {
        _invoker = ConstructorInvoker.Create(constructor);
        _parameters = parameters;
    }

    public IReadOnlyList<ClassParameter> Parameters => _parameters;

    /// <summary>
    /// The public constructor marked with <see cref="ActivatorUtilitiesConstructorAttribute"/>, else the one with the most parameters of
    /// those that the container can fill, as a container chooses it.
    /// </summary>
    /// <param name="isRegistered">The container chooses: one of several that are as good is all that matters here.</param>
    /// <param name="problem">Why there is no such constructor, and what to do about it.</param>
    public static ClassConstructor? Choose(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type,
        ServiceKnowledge known,
        bool isRegistered,
        out string? problem)
    {
        problem = null;
        var constructors = type.IsAbstract ? [] : type.GetConstructors();
        if (constructors.Length == 0)
        {
            var why = type.IsInterface ? "it is an interface" : type.IsAbstract ? "it is abstract" : "it has no public constructor";
            problem = known.IsEmpty
                ? $"{why}. Give a class that can be made, or a delegate."
                : $"{why}, and it is not registered in the container. Register it, such as with "
                    + $"services.AddScoped<{TypeName.Of(type)}>(…).";
            return null;
        }

        var marked = Array.Find(
            constructors,
            constructor => constructor.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute), inherit: false));
        var candidates = (marked is null ? constructors : [marked])
            .Select(constructor => (
                Constructor: constructor,
                Parameters: Array.ConvertAll(constructor.GetParameters(), parameter => new ClassParameter(parameter))))
            .OrderByDescending(candidate => candidate.Parameters.Length)
            .ToList();
        var fillable = candidates.Where(
            candidate => Array.TrueForAll(candidate.Parameters, parameter => IsThere(parameter, known))).ToList();
        if (fillable.Count == 0)
        {
            problem = DescribeMissing(
                candidates.MinBy(candidate => candidate.Parameters.Count(parameter => !IsThere(parameter, known))).Parameters,
                candidates.Count,
                known);
            return null;
        }

        if (!isRegistered && fillable.Count > 1 && fillable[0].Parameters.Length == fillable[1].Parameters.Length)
        {
            problem = $"it has several constructors with {fillable[0].Parameters.Length} parameters that the container can fill. Mark one "
                + "of them with [ActivatorUtilitiesConstructor].";
            return null;
        }

        return new ClassConstructor(fillable[0].Constructor, fillable[0].Parameters);
    }

    public object Create(IServiceProvider services)
    {
        var arguments = _parameters.Length == 0 ? [] : new object?[_parameters.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _parameters[i].Get(services);
        }

        return _invoker.Invoke(arguments.AsSpan());
    }

    private static bool IsThere(ClassParameter parameter, ServiceKnowledge known) =>
        parameter.IsOptional || known.Has(parameter.Type, parameter.Key);

    private static string DescribeMissing(ClassParameter[] parameters, int constructors, ServiceKnowledge known)
    {
        var missing = Array.Find(parameters, parameter => !IsThere(parameter, known))!;
        var which = constructors == 1 ? "its constructor" : $"none of its {constructors} constructors can be filled; the nearest one";
        return known.IsEmpty
            ? $"{which} needs the parameter {missing.Describe()}, and without a container nothing can be given to it. Give the class a "
                + "constructor without parameters, hand over a delegate, or use AddRedisMessaging."
            : $"{which} needs the parameter {missing.Describe()}, which is not registered in the container. {missing.Fix()}";
    }
}
