using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Requests;

/// <summary>Closes the serializer over the reply's type, so that nothing is reflected on per reply.</summary>
internal sealed class Reply<T>(T value) : Reply
{
    private static readonly string WireType = WireName.Of(typeof(T));

    public override string Type => WireType;

    public override byte[] Write(in EnvelopeHeader header, IMessageSerializer serializer) => value is null
        ? throw new InvalidOperationException($"The request handler returned null, which is no '{TypeName.Of(typeof(T))}'.")
        : EnvelopeWriter.Write(header, serializer, value);
}
