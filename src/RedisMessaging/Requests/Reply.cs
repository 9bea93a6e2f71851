using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Requests;

/// <summary>What a request handler returned.</summary>
internal abstract class Reply
{
    /// <summary>Its type's name on the wire.</summary>
    public abstract string Type { get; }

    public abstract byte[] Write(in EnvelopeHeader header, IMessageSerializer serializer);
}
