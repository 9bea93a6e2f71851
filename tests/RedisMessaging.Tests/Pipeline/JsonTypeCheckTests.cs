using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Pipeline;

#pragma warning disable CA1051 // Public fields are what some of these types are about.

/// <summary>What would arrive as something else than was published is refused at start-up, with the fix.</summary>
public sealed partial class JsonTypeCheckTests
{
    private static readonly JsonMessageSerializer Json = new(null, [], new DefaultJsonTypeInfoResolver());

    public interface IShape
    {
        int Size { get; }
    }

    [JsonDerivedType(typeof(Known), "known")]
    public interface IKnown;

    public static TheoryData<Type, string> Refused() => new()
    {
        { typeof((int, string)), "'(int, string)'*tuple*record*IncludeFields*" },
        { typeof(BigInteger), "'BigInteger'*nothing is read back*JsonConverter*" },
        { typeof(Complex), "'Complex'*nothing is read back*" },
        { typeof(WithFields), "*public field 'Number'*property*[JsonInclude]*IncludeFields*" },
        { typeof(Hidden), "*written as {}*no public properties*" },
        { typeof(IShape), "*the interface 'JsonTypeCheckTests.IShape'*[JsonDerivedType(typeof(…), \"…\")]*" },
        { typeof(Shape), "*the abstract class 'JsonTypeCheckTests.Shape'*[JsonDerivedType*" },
        { typeof(TwoConstructors), "*no constructor*[JsonConstructor]*" },
        { typeof(Unmatched), "*parameter 'other' of its constructor*same name and type ('int')*" },
        { typeof(PrivateSetter), "*PrivateSetter.Number'*not read back*init*[JsonInclude]*[JsonIgnore]*" },
        { typeof(ReadOnlyItems), "*ReadOnlyItems.Items'*not read back*" },
        { typeof(OtherConstructor), "*OtherConstructor*nothing is read back*" },
        { typeof(Wraps<Lines<(int, int)>>), "'JsonTypeCheckTests.Wraps<JsonTypeCheckTests.Lines<(int, int)>>.Value.Items[]'*tuple*" },
        { typeof(Wraps<Dictionary<string, IShape>>), "*.Value[key]'*interface*" },
        { typeof(Wraps<Dictionary<OrderPlaced, int>>), "*keys of type 'OrderPlaced'*" },
        { typeof(Wraps<BigInteger?>), "*.Value'*'BigInteger'*" },
        { typeof(Wraps<Type>), "*.Value'*'Type'*can't carry*" },
        { typeof(Wraps<Action>), "*.Value'*'Action'*can't carry*" },
        { typeof(int[,]), "*'int[,]'*can't carry*" },
        { typeof(Wraps<Stack<int>>), "*opposite order*List<T>*" },
        { typeof(ImmutableStack<int>), "*opposite order*" },
        { typeof(ConcurrentStack<int>), "*opposite order*" },
        { typeof(ReadOnlyCollection<int>), "*can't be read back*" },
        { typeof(IAsyncEnumerable<int>), "*can't be read back*" },
        { typeof(Bag), "*can't be read back*" },
        { typeof(Orders), "*its property 'Region' would be lost*" },
        { typeof(CancellationToken), "*CancellationToken*" },
        { typeof(Exception), "*" },
        { typeof(Silent), "*without saying so*discriminator*" },
        { typeof(IHalfKnown), "*(JsonTypeCheckTests.HalfKnown).Value'*tuple*" },
        { typeof(SameName), "'JsonTypeCheckTests.SameName' can't be JSON*collides*" },
        { typeof(TwoMarked), "'JsonTypeCheckTests.TwoMarked' can't be JSON*JsonConstructorAttribute*" },
        { typeof(WrongConverter), "'JsonTypeCheckTests.WrongConverter' can't be JSON*converter*" },
        { typeof(Wraps<WrongConverter>), "'JsonTypeCheckTests.Wraps<JsonTypeCheckTests.WrongConverter>' can't be JSON*converter*WrongConverter'*" },
        { typeof(WrongDerived), "'JsonTypeCheckTests.WrongDerived' can't be JSON*derived*" },
        { typeof(HiddenConstructor), "*no constructor*[JsonConstructor]*" },
        { typeof(Task<int>), "*no constructor*" },
        { typeof(Stream), "*abstract class 'Stream'*" },
    };

    public static TheoryData<Type> Accepted() =>
    [
        typeof(OrderPlaced), typeof(List<OrderPlaced>), typeof(Dictionary<Guid, OrderPlaced[]>), typeof(Tree), typeof(Empty), typeof(Computed), typeof(Initialized), typeof(MixedConstructor),
        typeof(IKnown), typeof(Wraps<IKnown>), typeof(Wraps<int?>), typeof(Wraps<object>), typeof(Wraps<JsonElement>), typeof(Wraps<JsonNode>), typeof(Wraps<IReadOnlyList<string>>),
        typeof(Wraps<ISet<int>>), typeof(Wraps<ImmutableArray<int>>), typeof(Wraps<Memory<byte>>), typeof(Wraps<KeyValuePair<string, int>>), typeof(Wraps<Uri>), typeof(Wraps<DayOfWeek>),
        typeof(Tuple<int, string>), typeof(Populated), typeof(PrivateIncluded), typeof(PrivateIgnored), typeof(Converted), typeof(Wraps<Converted>), typeof(Extended), typeof(FilledElsewhere),
        typeof(Queue<int>), typeof(ConcurrentDictionary<string, int>), typeof(IncludedField), typeof(Constant), typeof(Struct), typeof(Struct?), typeof(Derived), typeof(IEnumerable<int>), typeof(byte[]),
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_would_not_arrive_is_refused_with_the_fix(Type type, string told)
    {
        Json.CanSerialize(type, out var fix).Should().BeFalse();
        fix.Should().Match(told);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public void What_arrives_is_accepted(Type type)
    {
        Json.CanSerialize(type, out var fix).Should().BeTrue(fix);
        fix.Should().BeNull();
    }

    [Fact]
    public void Generated_metadata_tells_the_same()
    {
        var generated = new JsonMessageSerializer(null, [Generated.Default], null);
        foreach (var (type, told) in new[]
                 {
                     (typeof((int, string)), "*tuple*"), (typeof(BigInteger), "*nothing is read back*"), (typeof(WithFields), "*'Number'*"), (typeof(IShape), "*interface*"),
                     (typeof(Unmatched), "*'other'*"), (typeof(TwoConstructors), "*no constructor*"), (typeof(PrivateSetter), "*not read back*"), (typeof(Wraps<IShape>), "*.Value'*interface*"),
                 })
        {
            generated.CanSerialize(type, out var fix).Should().BeFalse("{0} is refused", type);
            fix.Should().Match(told);
        }

        foreach (var type in new[] { typeof(Tree), typeof(Computed), typeof(IKnown), typeof(MixedConstructor), typeof(Struct), typeof(Extended), typeof(PrivateIgnored), typeof(Converted) })
        {
            generated.CanSerialize(type, out var fix).Should().BeTrue(fix);
        }
    }

    [Fact]
    public void Settings_are_looked_at()
    {
        var fields = new JsonMessageSerializer(new JsonSerializerOptions { IncludeFields = true, TypeInfoResolver = new DefaultJsonTypeInfoResolver() }, [], null);
        fields.CanSerialize(typeof((int, string)), out _).Should().BeTrue();
        fields.CanSerialize(typeof(WithFields), out _).Should().BeTrue();
        var populating = new JsonMessageSerializer(
            new JsonSerializerOptions { PreferredObjectCreationHandling = JsonObjectCreationHandling.Populate, TypeInfoResolver = new DefaultJsonTypeInfoResolver() }, [], null);
        populating.CanSerialize(typeof(ReadOnlyItems), out _).Should().BeTrue();
    }

    [Fact]
    public void A_topic_and_a_request_handler_are_told_at_start_up()
    {
        FluentActions.Invoking(() => Configured.Model(b => b.UseReflectionJson().AddQueue<Wraps<IShape>>("shapes")))
            .Should().Throw<RedisMessagingConfigurationException>().WithMessage("Topic 'shapes'*'JsonTypeCheckTests.Wraps<JsonTypeCheckTests.IShape>'*interface*[JsonDerivedType*");
        FluentActions.Invoking(() => Configured.Model(b => b.UseReflectionJson().AddQueue<OrderPlaced>("orders").AddRequestHandler<OrderPlaced, (int, string)>((_, _, _) => ValueTask.FromResult((1, "a")))))
            .Should().Throw<RedisMessagingConfigurationException>().WithMessage("*'(int, string)'*tuple*");
    }

    public sealed class WithFields
    {
        public int Number = 1;

        public string? Text { get; set; }
    }

    public sealed class Hidden
    {
        private int _number;

        public int Next() => ++_number;
    }

    public abstract record Shape(int Size);

    public sealed class TwoConstructors
    {
        public TwoConstructors(int number) => Number = number;

        public TwoConstructors(int number, int more) => Number = number + more;

        public int Number { get; set; }
    }

    public sealed class Unmatched(int other)
    {
        public int Number { get; set; } = other;
    }

    public sealed class PrivateSetter
    {
        public int Number { get; private set; }

        public int Other { get; set; }

        public void Count() => Number++;
    }

    public sealed class ReadOnlyItems
    {
        public List<int> Items { get; } = [];

        public int Other { get; set; }
    }

    public sealed class OtherConstructor
    {
        public OtherConstructor()
        {
        }

        public OtherConstructor(int number) => Number = number;

        public int Number { get; }
    }

    public sealed record Wraps<T>(T Value);

    public sealed record Lines<T>(List<T> Items);

    public sealed class Bag : IEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator() => Enumerable.Empty<int>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    public sealed class Orders : List<int>
    {
        public string? Region { get; set; }
    }

    public sealed class SameName
    {
        [JsonPropertyName("number")]
        public int One { get; set; }

        [JsonPropertyName("number")]
        public int Two { get; set; }
    }

    public sealed class TwoMarked
    {
        [JsonConstructor]
        public TwoMarked(int number) => Number = number;

        [JsonConstructor]
        public TwoMarked(int number, int more) => Number = number + more;

        public int Number { get; set; }
    }

    [JsonConverter(typeof(ConvertedConverter))]
    public sealed record WrongConverter(int Number);

    [JsonDerivedType(typeof(Empty), "empty")]
    public record WrongDerived(int Number);

    public sealed class HiddenConstructor
    {
        private HiddenConstructor()
        {
        }

        public int Number { get; set; }

        public static HiddenConstructor Create() => new();
    }

    [JsonDerivedType(typeof(SilentlyMore))]
    public record Silent(int Number);

    public sealed record SilentlyMore(int Number, int More) : Silent(Number);

    [JsonDerivedType(typeof(HalfKnown), "half")]
    public interface IHalfKnown;

    public sealed record HalfKnown((int, int) Value) : IHalfKnown;

    public sealed record Known(int Number) : IKnown;

    public sealed record Tree(string Name, List<Tree> Children, Tree? Parent);

    public sealed record Empty;

    public sealed record Computed(int Count, decimal Price)
    {
        public decimal Total { get; } = Count * Price;

        public IEnumerable<int> Numbers => Enumerable.Range(0, Count);

        public IComparable Largest => Price;
    }

    public sealed class Initialized
    {
        public string Kind { get; } = "order";

        public int Number { get; init; }
    }

    [method: JsonConstructor]
    public sealed class MixedConstructor(int number)
    {
        public int Number { get; } = number;

        public string? Text { get; set; }
    }

    public sealed class Populated
    {
        [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
        public List<int> Items { get; } = [];
    }

    public sealed class PrivateIncluded
    {
        [JsonInclude]
        public int Number { get; private set; }

        public void Count() => Number++;
    }

    public sealed class PrivateIgnored
    {
        [JsonIgnore]
        public int Number { get; private set; }

        public int Other { get; set; }

        public void Count() => Number++;
    }

    [JsonConverter(typeof(ConvertedConverter))]
    public sealed class Converted(int number)
    {
        public int Number => number;
    }

    public sealed class ConvertedConverter : JsonConverter<Converted>
    {
        public override Converted Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt32());

        public override void Write(Utf8JsonWriter writer, Converted value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Number);
    }

    public sealed class Extended
    {
        [JsonExtensionData]
        public Dictionary<string, JsonElement>? More { get; set; }
    }

    public sealed class FilledElsewhere
    {
        [JsonConstructor]
        public FilledElsewhere(string name) => Name = name;

        public string Name { get; }

        [JsonIgnore]
        public string Upper => Name.ToUpperInvariant();
    }

    public sealed class IncludedField
    {
        [JsonInclude]
        public int Number;
    }

    public sealed class Constant
    {
        public static string Kind => "constant";
    }

    public struct Struct
    {
        public int Number { get; set; }
    }

    public sealed record Derived(int Size, string Name) : Shape(Size);

    [JsonSerializable(typeof((int, string)))]
    [JsonSerializable(typeof(BigInteger))]
    [JsonSerializable(typeof(WithFields))]
    [JsonSerializable(typeof(IShape))]
    [JsonSerializable(typeof(Unmatched))]
    [JsonSerializable(typeof(TwoConstructors))]
    [JsonSerializable(typeof(PrivateSetter))]
    [JsonSerializable(typeof(Wraps<IShape>))]
    [JsonSerializable(typeof(Tree))]
    [JsonSerializable(typeof(Computed))]
    [JsonSerializable(typeof(IKnown))]
    [JsonSerializable(typeof(MixedConstructor))]
    [JsonSerializable(typeof(Struct))]
    [JsonSerializable(typeof(Extended))]
    [JsonSerializable(typeof(PrivateIgnored))]
    [JsonSerializable(typeof(Converted))]
    private sealed partial class Generated : JsonSerializerContext;
}
