using RedisMessaging.Diagnostics;

namespace RedisMessaging.Tests.Diagnostics;

public sealed class TypeNameTests
{
    [Theory]
    [InlineData(typeof(int), "int", "int")]
    [InlineData(typeof(int?), "int?", "int?")]
    [InlineData(typeof(string), "string", "string")]
    [InlineData(typeof(Uri), "Uri", "System.Uri")]
    [InlineData(typeof(List<int?>), "List<int?>", "System.Collections.Generic.List<int?>")]
    [InlineData(typeof(Dictionary<string, List<Uri>>), "Dictionary<string, List<Uri>>", "System.Collections.Generic.Dictionary<string, System.Collections.Generic.List<System.Uri>>")]
    [InlineData(typeof(int[][,]), "int[][,]", "int[][,]")]
    [InlineData(typeof((int, string)), "(int, string)", "(int, string)")]
    [InlineData(typeof((int, int, int, int, int, int, int, string, Uri)), "(int, int, int, int, int, int, int, string, Uri)", "(int, int, int, int, int, int, int, string, System.Uri)")]
    [InlineData(typeof((int, string)?[]), "(int, string)?[]", "(int, string)?[]")]
    [InlineData(typeof(List<>), "List<>", "System.Collections.Generic.List<>")]
    [InlineData(typeof(Around<int>.Inside), "TypeNameTests.Around<int>.Inside", "RedisMessaging.Tests.Diagnostics.TypeNameTests.Around<int>.Inside")]
    [InlineData(typeof(Around<Uri>.Generic<string>[]), "TypeNameTests.Around<Uri>.Generic<string>[]", "RedisMessaging.Tests.Diagnostics.TypeNameTests.Around<System.Uri>.Generic<string>[]")]
    public void Types_are_written_as_in_code(Type type, string name, string full)
    {
        TypeName.Of(type).Should().Be(name);
        TypeName.Full(type).Should().Be(full);
    }

    [Fact]
    public void Types_of_one_name_are_told_apart()
    {
        TypeName.List([typeof(One.Thing), typeof(Other.Thing), typeof(int)], "'").Should().Be(
            "'RedisMessaging.Tests.Diagnostics.One.Thing', 'RedisMessaging.Tests.Diagnostics.Other.Thing', 'int'");
        TypeName.Among(typeof(List<One.Thing>), typeof(List<Other.Thing>)).Should().Be("System.Collections.Generic.List<RedisMessaging.Tests.Diagnostics.One.Thing>");
        TypeName.Among(typeof(One.Thing), typeof(One.Thing), typeof(int)).Should().Be("Thing");
    }

    public sealed class Around<T>
    {
        public T? Value { get; set; }

        public sealed class Inside;

        public sealed class Generic<TOwn>
        {
            public (T?, TOwn?) Values { get; set; }
        }
    }
}
