using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Serialization.Json;

/// <summary>Bodies as JSON; <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> as they are.</summary>
internal sealed class JsonMessageSerializer : IMessageSerializer
{
    private const int DefaultMaxDepth = 64;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    private readonly Source[] _sources;
    private readonly ConcurrentDictionary<Type, JsonBody> _bodies = new();
    private readonly JsonLoss _loss;
    private readonly JsonParts _parts;

    /// <param name="options">Settings for what contexts leave open; default: <see cref="JsonSettings.Default"/>.</param>
    /// <param name="reflection">Asked for types that nothing else knows.</param>
    public JsonMessageSerializer(
        JsonSerializerOptions? options,
        IEnumerable<JsonSerializerContext> contexts,
        IJsonTypeInfoResolver? reflection)
    {
        var rest = new JsonSerializerOptions(options ?? JsonSettings.Default);
        JsonSerializerContext[] all = [.. contexts];
        // It knows every type, so that no context behind it would ever be used.
        IJsonTypeInfoResolver[] reflecting = [.. rest.TypeInfoResolverChain.Where(JsonReflection.Is)];
        IJsonTypeInfoResolver[] own = [.. rest.TypeInfoResolverChain.Where(resolver => !JsonReflection.Is(resolver))];
        IJsonTypeInfoResolver[] last = [.. reflecting, PrimitivesJsonContext.Default, .. reflection is null ? [] : new[] { reflection }];
        var shared = Complete(new JsonSerializerOptions(rest), [.. own, .. all, .. last]);
        var sources = own.Select(resolver => new Source(resolver, shared)).ToList();
        foreach (var context in all)
        {
            // Its own types first; what they are made of may be known to the others.
            sources.Add(new Source(context, Complete(JsonSettings.Of(context, rest), [context, .. own, .. all, .. last])));
        }

        sources.AddRange(last.Select(resolver => new Source(resolver, shared)));
        _sources = [.. sources];
        _loss = new JsonLoss(type => Find(type)?.Info);
        _parts = new JsonParts(_loss);
    }

    public bool CanSerialize(Type type, out string? fix)
    {
        fix = type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) ? null : FindFault(type);
        return fix is null;
    }

    /// <summary>The properties of a type; <see langword="null"/> when it is not written as a JSON object.</summary>
    public JsonFields? DescribeFields(Type type) => Find(type) is { } body ? JsonFields.Of(body.Info, body.Info.Options) : null;

    /// <summary>
    /// What a message would lose if it was written as one of its base types, for an error message; <see langword="null"/> when that is
    /// nothing.
    /// </summary>
    public string? DescribeLoss(Type declared, Type own) => _loss.Describe(declared, own);

    public void Serialize<T>(IBufferWriter<byte> writer, T message)
    {
        // Not by what the message is: an sbyte[] is a byte[] as well.
        if (typeof(T) == typeof(byte[]))
        {
            writer.Write((byte[])(object)message!);
            return;
        }

        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            writer.Write(((ReadOnlyMemory<byte>)(object)message!).Span);
            return;
        }

        if (!typeof(T).IsValueType && message is not null && message.GetType() != typeof(T))
        {
            RefuseLoss(typeof(T), message.GetType());
        }

        var body = BodyOf(typeof(T));
        if (body.HasOpenParts && message is not null)
        {
            _parts.Check(body.Info, message);
        }

        // Taken, not borrowed: a converter that serializes inside gets a writer of its own.
        var json = Interlocked.Exchange(ref _writer, null);
        if (json is null || json.Options.Encoder != body.Writing.Encoder || json.Options.MaxDepth != body.Writing.MaxDepth)
        {
            json = new Utf8JsonWriter(writer, body.Writing);
        }
        else
        {
            json.Reset(writer);
        }

        try
        {
            JsonSerializer.Serialize(json, message, (JsonTypeInfo<T>)body.Info);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException && json.CurrentDepth >= body.Writing.MaxDepth)
        {
            throw new JsonException(
                $"It is nested more than {body.Writing.MaxDepth} deep (MaxDepth), which no consumer reads, or it holds itself. Flatten it, "
                    + $"or raise MaxDepth: UseJson(options). {BoundedText.MessageOf(error)}",
                error);
        }

        json.Flush();
        _writer = json;
    }

    public T? Deserialize<T>(ReadOnlySequence<byte> body)
    {
        if (typeof(T) == typeof(byte[]))
        {
            return (T)(object)body.ToArray();
        }

        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            return (T)(object)new ReadOnlyMemory<byte>(body.ToArray());
        }

        var type = (JsonTypeInfo<T>)BodyOf(typeof(T)).Info;
        body = BehindByteOrderMark(body);
        if (body.IsSingleSegment)
        {
            // A reader that is handed in may stand before anything: what it is to read would be looked for first, which is the whole of it
            // once more.
            return JsonSerializer.Deserialize(body.FirstSpan, type);
        }

        var options = type.Options;
        var readerOptions = new JsonReaderOptions
        {
            MaxDepth = options.MaxDepth,
            CommentHandling = options.ReadCommentHandling,
            AllowTrailingCommas = options.AllowTrailingCommas,
        };
        var reader = new Utf8JsonReader(body, readerOptions);
        var message = JsonSerializer.Deserialize(ref reader, type);
        return reader.Read()
            ? throw new JsonException("There is something behind the end of the JSON value.")
            : message;
    }

    /// <summary>Some programs begin a text with one.</summary>
    private static ReadOnlySequence<byte> BehindByteOrderMark(ReadOnlySequence<byte> body)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (body.FirstSpan is { Length: > 0 } first && first[0] != mark[0])
        {
            return body;
        }

        var reader = new SequenceReader<byte>(body);
        return reader.IsNext(mark, advancePast: true) ? reader.UnreadSequence : body;
    }

    private static JsonSerializerOptions Complete(JsonSerializerOptions options, IJsonTypeInfoResolver[] resolvers)
    {
        options.TypeInfoResolver = JsonTypeInfoResolver.Combine(resolvers);
        options.MakeReadOnly();
        return options;
    }

    private string? FindFault(Type type)
    {
        try
        {
            return SourceOf(type) is { } source
                ? JsonTypeCheck.Find(type, source.Options)
                : "JSON by reflection is off in this program (JsonSerializer.IsReflectionEnabledByDefault), as trimming and AOT "
                    + "compilation have it, and no context knows the type. "
                    + $"Register a source-generated context that has [JsonSerializable(typeof({TypeName.Of(type)}))] with "
                    + "UseJson(MyJsonContext.Default), or call UseReflectionJson() if the program is not trimmed.";
        }
        catch (Exception error) when (JsonTypeCheck.IsAboutType(error))
        {
            return JsonTypeCheck.Describe(TypeName.Of(type), error);
        }
    }

    private void RefuseLoss(Type declared, Type own)
    {
        if (_loss.Describe(declared, own) is { } loss)
        {
            var (from, to) = (TypeName.Among(own, declared), TypeName.Among(declared, own));
            throw new NotSupportedException(
                $"A '{from}' written as '{to}' would lose {loss}. Use '{from}' itself, or put [JsonDerivedType(typeof({from}), \"…\")] on "
                    + $"'{to}'.");
        }
    }

    private JsonBody BodyOf(Type type) => _bodies.TryGetValue(type, out var known) ? known
        : Find(type) ?? throw new NotSupportedException($"No JSON context knows '{TypeName.Full(type)}'.");

    private JsonBody? Find(Type type)
    {
        if (!_bodies.TryGetValue(type, out var body) && SourceOf(type) is { } source)
        {
            var info = source.Options.GetTypeInfo(type);
            _bodies[type] = body = new JsonBody(info, source.Writing, JsonParts.MayLose(info));
        }

        return body;
    }

    /// <summary>The first that knows a type, so that each type has the settings of its own context.</summary>
    private Source? SourceOf(Type type) => Array.Find(_sources, source => source.Knows(type));

    /// <param name="HasOpenParts">Whether what it is made of may be more than it is declared as.</param>
    private sealed record JsonBody(JsonTypeInfo Info, JsonWriterOptions Writing, bool HasOpenParts);

    private sealed record Source(IJsonTypeInfoResolver Resolver, JsonSerializerOptions Options)
    {
        // A reader refuses what is nested deeper than its options say, so no writer may get there.
        public JsonWriterOptions Writing { get; } = new()
        {
            Encoder = StrictEncoder.Of(Options.Encoder),
            SkipValidation = true,
            MaxDepth = Options.MaxDepth == 0 ? DefaultMaxDepth : Options.MaxDepth,
        };

        public bool Knows(Type type) => Resolver.GetTypeInfo(type, Options) is not null;
    }
}
