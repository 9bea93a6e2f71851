using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RedisMessaging.Pipeline;

/// <summary>Bodies as JSON; <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> as they are.</summary>
internal sealed class JsonMessageSerializer : IMessageSerializer
{
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    private readonly JsonSerializerOptions _options;

    public JsonMessageSerializer(JsonSerializerOptions? options, IEnumerable<JsonSerializerContext> contexts, IJsonTypeInfoResolver? reflection)
    {
        _options = options ?? new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            // Bodies are never put into HTML; Korean stays readable in redis-cli.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            AllowDuplicateProperties = false,
        };
        var resolvers = new List<IJsonTypeInfoResolver>(contexts);
        if (_options.TypeInfoResolver is { } own)
        {
            resolvers.Insert(0, own);
        }

        resolvers.Add(PrimitivesJsonContext.Default);
        if (reflection is not null)
        {
            resolvers.Add(reflection);
        }

        _options.TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers]);
        _options.MakeReadOnly();
    }

    public bool CanSerialize(Type type, out string? fix)
    {
        if (type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) || _options.TryGetTypeInfo(type, out _))
        {
            fix = null;
            return true;
        }

        fix = $"Register a source-generated context that has [JsonSerializable(typeof({type.Name}))] with UseJson(MyJsonContext.Default), or call UseReflectionJson().";
        return false;
    }

    /// <summary>The properties of a type; <see langword="null"/> when it is not written as a JSON object.</summary>
    public JsonFields? DescribeFields(Type type) => _options.TryGetTypeInfo(type, out var info) ? JsonFields.Of(info, _options) : null;

    public void Serialize<T>(IBufferWriter<byte> writer, T message)
    {
        if (message is byte[] bytes)
        {
            writer.Write(bytes);
            return;
        }

        if (message is ReadOnlyMemory<byte> memory)
        {
            writer.Write(memory.Span);
            return;
        }

        // Taken, not borrowed: a converter that serializes inside gets a writer of its own.
        var json = Interlocked.Exchange(ref _writer, null);
        if (json is null || json.Options.Encoder != _options.Encoder)
        {
            json = new Utf8JsonWriter(writer, new JsonWriterOptions { Encoder = _options.Encoder, SkipValidation = true });
        }
        else
        {
            json.Reset(writer);
        }

        JsonSerializer.Serialize(json, message, (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T)));
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

        var type = (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));
        if (body.IsSingleSegment)
        {
            // A reader that is handed in may stand before anything: what it is to read would be looked for first, which is the whole of it once more.
            return JsonSerializer.Deserialize(body.FirstSpan, type);
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = _options.MaxDepth, CommentHandling = _options.ReadCommentHandling, AllowTrailingCommas = _options.AllowTrailingCommas });
        var message = JsonSerializer.Deserialize(ref reader, type);
        return reader.Read()
            ? throw new JsonException("There is something behind the end of the JSON value.")
            : message;
    }
}
