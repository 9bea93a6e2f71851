namespace RedisMessaging.Serialization.Envelope;

/// <summary>What a field's text becomes in JSON.</summary>
internal enum JsonFieldKind
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A number, as it is written; an enum's name is a string.</summary>
    Number,

    /// <summary>true or false; 1 and 0 are understood, too.</summary>
    Boolean,

    /// <summary>JSON as it is: an object or an array.</summary>
    Json,

    /// <summary>Not known, as a type with a converter of its own: JSON if it is some, else, or when that can't be read, a string.</summary>
    Any,
}
