using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Serialization;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Architecture;

/// <summary>The rules of the design that a compiler can't hold.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Assembly Library = typeof(IMessageBus).Assembly;

    /// <summary>The transports: the folders below Transports, without that of the contracts.</summary>
    private static IReadOnlyList<string> TransportFolders { get; } =
    [
        .. Directory.GetDirectories(Repository.Path("src", "RedisMessaging", "Transports"))
            .Select(folder => "Transports/" + Path.GetFileName(folder))
            .Where(folder => folder != "Transports/Contracts")
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void The_folders_are_found()
    {
        TransportFolders.Should().BeEquivalentTo("Transports/PubSub", "Transports/Queue", "Transports/Streams");
        SourceLayout.Types.Should().HaveCountGreaterThan(100);
        string[] folders = ["Bus", "Configuration", "Consuming", "Diagnostics", "Publishing", "Redis", "Requests", "Serialization", "Topics", "Transports/Contracts"];
        foreach (var folder in TransportFolders.Concat(folders))
        {
            SourceLayout.Types.Where(type => IsBelow(SourceLayout.FolderOf(type)!, folder)).Should().NotBeEmpty("there is code in {0}", folder);
        }

        TypeReferences.Of(typeof(RedisMessageBus)).Should().Contain([typeof(IMessageBus), typeof(Publisher)], "fields and instructions are read");
    }

    [Fact]
    public void No_transport_refers_to_another_transport() =>
        ForbidReferences(TransportFolders, (from, to) => TransportOf(to) is { } other && other != TransportOf(from));

    [Fact]
    public void Only_the_catalog_knows_the_transports() =>
        ForbidReferences(
            ["Background", "Bus", "Configuration", "Consuming", "Diagnostics", "Publishing", "Redis", "Requests", "Serialization", "Topics", "Transports/Contracts"],
            (_, to) => TransportOf(to) is not null,
            except: [typeof(TransportCatalog)]);

    [Fact]
    public void A_folder_has_at_most_20_files()
    {
        var root = Repository.Path("src", "RedisMessaging");
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, Path.GetDirectoryName(file)!))
            .Where(folder => !folder.Split('/', '\\').Any(part => part is "bin" or "obj"))
            .CountBy(folder => folder)
            .Where(folder => folder.Value > 20)
            .Should().BeEmpty("a longer list has no plan; split it by what its files are for");
    }

    [Fact]
    public void An_internal_type_is_in_the_namespace_of_its_folder() =>
        SourceLayout.Types
            .Where(type => !type.IsVisible && type.Namespace != $"RedisMessaging.{SourceLayout.FolderOf(type)!.Replace('/', '.')}")
            .Select(type => $"{type.FullName} in {SourceLayout.FolderOf(type)}")
            .Should().BeEmpty();

    [Fact]
    public void StackExchange_Redis_is_seen_only_where_a_connection_is_handed_over()
    {
        var places = Library.GetExportedTypes()
            .SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(member => Signature(member).Any(MentionsStackExchangeRedis))
            .Select(member => $"{member.DeclaringType!.Name}.{member.Name}")
            .Distinct();
        places.Should().BeEquivalentTo("RedisMessagingBuilder.get_BlockingConnectionOptions", "RedisMessagingBuilder.set_BlockingConnectionOptions", "RedisMessagingBuilder.BlockingConnectionOptions", "RedisMessagingServiceCollectionExtensions.AddRedisMessaging");

        static IEnumerable<Type> Signature(MemberInfo member) => member switch
        {
            MethodBase { IsPublic: false, IsFamily: false, IsFamilyOrAssembly: false } => [],
            MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)],
            ConstructorInfo constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
            PropertyInfo property when (property.GetMethod ?? property.SetMethod)!.IsPublic => [property.PropertyType],
            FieldInfo { IsPublic: true } field => [field.FieldType],
            _ => [],
        };

        static bool MentionsStackExchangeRedis(Type type) =>
            IsOfStackExchangeRedis(type) || (type.HasElementType && MentionsStackExchangeRedis(type.GetElementType()!)) || (type.IsGenericType && type.GetGenericArguments().Any(MentionsStackExchangeRedis));
    }

    [Fact]
    public void Every_file_holds_one_type_of_its_name()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.SourceFiles("src", "RedisMessaging").Where(file => Path.GetFileName(file) != "AssemblyInfo.cs"))
        {
            var declared = SourceLayout.Declarations(file).ToList();
            // Settlement.cs, MessageTypeOfT.cs for MessageType<T>, Log.Pipeline.cs for a part of Log.
            var name = Path.GetFileNameWithoutExtension(file).Split('.')[0];
            if (declared.Count != 1 || (name != declared[0].Split('`')[0] && name != declared[0].Split('`')[0] + "OfT"))
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: {(declared.Count == 0 ? "no type found" : string.Join(", ", declared))}");
            }
        }

        wrong.Should().BeEmpty();
    }

    [Fact]
    public void Every_public_type_is_in_the_namespace_users_import() =>
        Library.GetExportedTypes().Where(type => type.Namespace != "RedisMessaging").Should().BeEmpty();

    [Fact]
    public void Internal_classes_are_sealed_abstract_or_static() =>
        Library.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false, IsSealed: false, IsVisible: false } && !IsGenerated(type))
            .Should().BeEmpty();

    [Fact]
    public void Event_ids_and_names_of_log_messages_are_unique()
    {
        var messages = Library.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(pair => pair.Message is not null)
            .ToList();
        messages.Should().HaveCountGreaterThan(20);
        messages.Select(pair => pair.Message!.EventId).Should().OnlyHaveUniqueItems("operators alert on them");
        messages.Select(pair => pair.Method.Name).Should().OnlyHaveUniqueItems("the name goes into the event, too");
    }

    [Fact]
    public void Event_ids_of_log_messages_are_those_of_their_file()
    {
        var files = Repository.SourceFiles("src", "RedisMessaging", "Diagnostics")
            .Where(file => Path.GetFileName(file).StartsWith("Log.", StringComparison.Ordinal))
            .Select(file => (Area: Path.GetFileName(file).Split('.')[1], Ids: EventIds().Matches(File.ReadAllText(file)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))))
            .ToList();

        files.Select(file => file.Area).Should().BeEquivalentTo(Enum.GetNames<LogArea>(), "each area has a file");
        files.SelectMany(file => file.Ids.Where(id => AreaLogger.AreaOf(id).ToString() != file.Area)).Should().BeEmpty("an id says which category an entry has");
        files.Should().OnlyContain(file => file.Ids.Any());
    }

    [GeneratedRegex(@"\[LoggerMessage\(\s*(\d+),")]
    private static partial Regex EventIds();

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Repository.Path("RedisMessaging.sln"));
        var missing = new[] { "src", "tests", "benchmarks", "samples" }
            .Select(folder => Repository.Path(folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split('/', '\\').Any(part => part is "bin" or "obj"))
            .Where(file => !solution.Contains($"\"{file.Replace('/', '\\')}\"", StringComparison.Ordinal));
        missing.Should().BeEmpty("eng/solution.sh adds them");
    }

    [Fact]
    public void Channels_have_their_names_and_commands_from_one_place()
    {
        // StackExchange.Redis puts a ChannelPrefix in front of its own commands alone: named elsewhere, a channel would be another one.
        string[] forbidden = ["\"PUBLISH", "\"SPUBLISH", "\"PUBSUB", "NUMSUB\"", "NUMPAT\"", "CHANNELS\"", "RedisChannel.", "new RedisChannel(", ".ChannelPrefix"];
        string[] places = ["PubSubChannels.cs", "ServerChannel.cs", "RedisConnections.cs", "ServerGate.cs", "ServerInspection.cs", "SentinelService.cs"];
        LinesOf(file => !places.Contains(Path.GetFileName(file)))
            .Where(line => forbidden.Any(line.Text.Contains) && !line.Text.StartsWith("//", StringComparison.Ordinal))
            .Should().BeEmpty("PubSubChannels gives the name on the wire");
        var scripts = typeof(IMessageBus).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".lua", StringComparison.Ordinal) && EmbeddedScript.Source(name[..^4]).Contains("PUBLISH'", StringComparison.Ordinal));
        scripts.Should().BeEquivalentTo("pubsub-publish.lua");
    }

    [Fact]
    public void Faults_of_Redis_are_translated_in_one_place()
    {
        string[] places = ["RedisFaults.cs", "CommandConnection.cs", "BusLifetime.cs"];
        LinesOf(file => !places.Contains(Path.GetFileName(file)))
            .Where(line => line.Text.Contains("new RedisMessagingConnectionException(", StringComparison.Ordinal))
            .Should().BeEmpty("RedisFaults makes them");
    }

    [Fact]
    public void Whoever_reads_from_a_remembered_position_looks_where_the_stream_ends()
    {
        // An XREAD from beyond a stream's end never returns. PauseStore asks from the beginning, for its rights.
        Repository.SourceFiles("src", "RedisMessaging")
            .Where(file => File.ReadAllText(file) is var text && text.Contains("\"XREAD\"", StringComparison.Ordinal) && !text.Contains("StreamEnd", StringComparison.Ordinal) && !text.Contains("WakeSignalEnds", StringComparison.Ordinal))
            .Select(Path.GetFileName)
            .Should().BeEquivalentTo("PauseStore.cs");
    }

    [Fact]
    public void Background_work_and_timers_start_in_one_place()
    {
        // Started elsewhere, they would run under the context of whichever caller came first, and a loop that dies would do so unnoticed.
        string[] forbidden = ["Task.Run(", "Task.Factory", "CreateTimer(", "new Timer(", ".QueueUserWorkItem(", "new Thread("];
        var found = Repository.SourceFiles("src", "RedisMessaging")
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) != "Background")
            .SelectMany(file => File.ReadLines(file).Select(line => (File: Path.GetFileName(file), Line: line.Trim())))
            .Where(pair => forbidden.Any(pair.Line.Replace("BackgroundLoop.CreateTimer(", null, StringComparison.Ordinal).Contains))
            .Select(pair => $"{pair.File}: {pair.Line}");
        found.Should().BeEmpty("BackgroundLoop starts them");
    }

    [Fact]
    public void Nothing_is_disposed_that_somebody_may_wait_for()
    {
        // A SemaphoreSlim that is disposed leaves its waiters waiting for ever; a CancellationTokenSource that is disposed throws at code that reads it late.
        // Neither holds anything as long as it has no timer, no link and no wait handle: fields of both are left to the garbage collector.
        var found = new List<string>();
        foreach (var file in Repository.SourceFiles("src", "RedisMessaging"))
        {
            var text = File.ReadAllText(file);
            found.AddRange(WaitedFor().Matches(text)
                .Select(match => match.Groups["name"].Value)
                .Where(name => Regex.IsMatch(text, $@"\b{name}[?!]?\.Dispose\("))
                .Select(name => $"{Path.GetFileName(file)}: {name}"));
        }

        found.Should().BeEmpty();
    }

    [Fact]
    public void Callers_contexts_do_not_flow_into_connections_and_registrations()
    {
        // What they start lasts longer than the call that started it.
        string[] forbidden = ["ConnectionMultiplexer.Connect", "ConnectionMultiplexer.SentinelConnect", ".Register(", ".ContinueWith("];
        var found = Repository.SourceFiles("src", "RedisMessaging")
            .Where(file => Path.GetFileName(file) != "Multiplexers.cs")
            .SelectMany(file => File.ReadLines(file).Select(line => (File: Path.GetFileName(file), Line: line.Trim())))
            .Where(pair => !pair.Line.StartsWith("//", StringComparison.Ordinal) && forbidden.Any(pair.Line.Contains))
            .Select(pair => $"{pair.File}: {pair.Line}");
        found.Should().BeEmpty("Multiplexers opens connections, UnsafeRegister registers");
    }

    [GeneratedRegex(@"private (?:readonly |volatile |static )*(?:SemaphoreSlim|CancellationTokenSource)\??(?:\[\])? (?<name>_\w+)")]
    private static partial Regex WaitedFor();

    private static string? TransportOf(string folder) => TransportFolders.FirstOrDefault(transport => IsBelow(folder, transport));

    private static bool IsBelow(string folder, string parent) => folder == parent || folder.StartsWith(parent + "/", StringComparison.Ordinal);

    private static void ForbidReferences(IReadOnlyCollection<string> folders, Func<string, string, bool> isForbidden, params Type[] except)
    {
        var forbidden = new List<string>();
        foreach (var type in SourceLayout.Types.Except(except))
        {
            var from = SourceLayout.FolderOf(type)!;
            if (folders.Any(folder => IsBelow(from, folder)))
            {
                forbidden.AddRange(TypeReferences.Of(type)
                    .Where(mentioned => SourceLayout.FolderOf(mentioned) is { } to && isForbidden(from, to))
                    .Select(mentioned => $"{from}: {type.Name} → {mentioned.Name} of {SourceLayout.FolderOf(mentioned)}"));
            }
        }

        forbidden.Should().BeEmpty();
    }

    private static bool IsOfStackExchangeRedis(Type type) => type.Assembly.GetName().Name == "StackExchange.Redis";

    private static bool IsGenerated(Type type)
    {
        for (var outer = type; outer is not null; outer = outer.DeclaringType)
        {
            if (outer.IsDefined(typeof(CompilerGeneratedAttribute), false) || outer.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), false))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<(string File, string Text)> LinesOf(Func<string, bool> chosen) => Repository.SourceFiles("src", "RedisMessaging")
        .Where(chosen)
        .SelectMany(file => File.ReadLines(file).Select(line => (File: Path.GetFileName(file), Text: line.Trim())));
}
