using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Documentation;

/// <summary>What the documentation says is held against the code.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = Read("README.md");

    /// <summary>The pages that show code.</summary>
    private static readonly string Pages = Readme + string.Concat(DocumentationPages().Select(page => Read(page)));

    [Fact]
    public void Every_piece_of_code_is_one_that_compiles()
    {
        var compiled = Regions();
        var shown = Snippet().Matches(Pages).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["code"].Value.Trim('\n'));
        // A whole program is compiled as one, by FirstProgramTests.
        var programs = Regex.Count(Pages, "^<!-- program: code -->\n```csharp", RegexOptions.Multiline);
        (Regex.Count(Pages, "^```csharp", RegexOptions.Multiline) - programs).Should().Be(compiled.Count, "each has a <!-- snippet: name --> before it");
        foreach (var (name, code) in compiled)
        {
            shown.Should().ContainKey(name);
            shown[name].Should().Be(code, "a page shows the region {0} of a *Snippets.cs", name);
        }
    }

    [Fact]
    public async Task The_appsettings_are_read_as_the_text_says()
    {
        var json = Snippet().Matches(Readme).Single(match => match.Groups["name"].Value == "appsettings").Groups["code"].Value;
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        var section = configuration.GetSection("RedisMessaging");
        var builder = new RedisMessagingBuilder();
        builder.UseReflectionJson().AddTopic<OrderPlaced>("orders", TransportKind.Stream).AddPubSub<PriceChanged>("prices:*");
        var topics = RedisMessaging.Configuration.BusModel.Build(builder, builder.Options, section.GetSection("Topics"), "app", builder.BuildSerializer(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Topics.ToDictionary(topic => topic.Name);
        topics["orders"].Options.Should().BeOfType<QueueOptions>().Which.Lease.Should().Be(TimeSpan.FromMinutes(1));
        topics["prices:*"].Options.Should().BeOfType<PubSubOptions>().Which.BufferCapacity.Should().Be(50_000);

        await using var provider = new ServiceCollection().AddRedisMessaging(section, b => b.AddStream<string>("a")).BuildServiceProvider();
        var options = provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<RedisMessagingOptions>>().Value;
        (options.KeyPrefix, options.OnTransportChange).Should().Be(("shop:", OnTransportChange.Drain));
        provider.GetRequiredService<IMessageBus>().Should().NotBeNull();
    }

    [Fact]
    public void Every_counter_is_named_and_nothing_else()
    {
        using var instruments = new Instruments();
        var names = typeof(Instruments).GetProperties()
            .Select(property => property.GetValue(instruments))
            .Select(value => value is GuardedCounter counter ? counter.Instrument : value as System.Diagnostics.Metrics.Instrument)
            .OfType<System.Diagnostics.Metrics.Instrument>()
            .Select(instrument => instrument.Name);
        Regex.Matches(Readme, "`(redismessaging\\.[a-z_.]+)`").Select(match => match.Groups[1].Value).Should().BeEquivalentTo(names);
    }

    [Fact]
    public void Every_option_is_in_the_tables()
    {
        var options = new[] { typeof(RedisMessagingOptions), typeof(QueueOptions), typeof(StreamOptions), typeof(PubSubOptions) }
            .SelectMany(type => type.GetProperties())
            .Select(property => property.Name)
            .Distinct();
        var rows = Readme.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|')[1]);
        var named = rows.SelectMany(cell => Regex.Matches(cell, "`([A-Z]\\w+)`").Select(match => match.Groups[1].Value));
        named.Should().Contain(options);
    }

    [Fact]
    public void Links_lead_somewhere()
    {
        foreach (var page in new[] { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }.Concat(DocumentationPages()))
        {
            var text = File.ReadAllText(Repository.Path(page));
            foreach (Match link in Regex.Matches(text, @"\]\((?!https?:)([^)#]+)"))
            {
                var target = Path.Combine(Path.GetDirectoryName(Repository.Path(page))!, link.Groups[1].Value);
                (File.Exists(target) || Directory.Exists(target)).Should().BeTrue("{0} links to {1}", page, link.Groups[1].Value);
            }
        }
    }

    [Fact]
    public void The_envelope_s_page_names_every_field_and_its_example_is_read()
    {
        var page = File.ReadAllText(Repository.Path("docs", "envelope.md")).ReplaceLineEndings("\n");
        foreach (var field in new[] { EnvelopeFields.Version, EnvelopeFields.Id, EnvelopeFields.Type, EnvelopeFields.At, EnvelopeFields.Source, EnvelopeFields.Key, EnvelopeFields.CorrelationId, EnvelopeFields.Headers, EnvelopeFields.ReplyTo, EnvelopeFields.InReplyTo, EnvelopeFields.ErrorType })
        {
            page.Should().Contain($"| `{field.Value}` |");
        }

        var example = Regex.Match(page, "```\n(\\{\"rm\":.*?)\n```", RegexOptions.Singleline).Groups[1].Value;
        var header = EnvelopeReader.Read(Encoding.UTF8.GetBytes(example), out var body);
        (header.Type, header.Source).Should().Be(("order-placed", "shop-api/7f3a"));
        new JsonMessageSerializer(null, [ShopJson.Default], null).Deserialize<OrderPlaced>(new System.Buffers.ReadOnlySequence<byte>(body)).Should().Be(new OrderPlaced(42, "서연"));
    }

    private static IEnumerable<string> DocumentationPages() => Directory.GetFiles(Repository.Path("docs"), "*.md").Order(StringComparer.Ordinal).Select(path => Path.Combine("docs", Path.GetFileName(path)));

    private static string Read(params string[] path) => File.ReadAllText(Repository.Path(path)).ReplaceLineEndings("\n");

    private static Dictionary<string, string> Regions()
    {
        var files = Directory.GetFiles(Repository.Path("tests", "RedisMessaging.Tests", "Documentation"), "*Snippets.cs");
        var source = string.Concat(files.Order(StringComparer.Ordinal).Select(file => File.ReadAllText(file).ReplaceLineEndings("\n")));
        return Region().Matches(source).ToDictionary(match => match.Groups["name"].Value, match =>
        {
            var indent = match.Groups["indent"].Value;
            return string.Join('\n', match.Groups["code"].Value.Split('\n').Select(line => line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line)).Trim('\n');
        });
    }

    [GeneratedRegex("<!-- snippet: (?<name>[a-z-]+) -->\n```\\w+\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex("^(?<indent> *)#region (?<name>[a-z-]+)\n(?<code>.*?)\n *#endregion", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Region();
}
