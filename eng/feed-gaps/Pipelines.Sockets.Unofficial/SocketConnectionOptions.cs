namespace Pipelines.Sockets.Unofficial;

/// <summary>How a <see cref="SocketConnection"/> works.</summary>
[Flags]
public enum SocketConnectionOptions
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Wait for data with an empty read, so that an idle connection holds no buffer.</summary>
    ZeroLengthReads = 1,

    /// <summary>Accepted and without effect: the receive loop always goes on where the socket woke it.</summary>
    InlineReads = 2,

    /// <summary>Accepted and without effect: the send loop always goes on where the socket woke it.</summary>
    InlineWrites = 4,

    /// <summary>Accepted and without effect: connecting is not done here.</summary>
    InlineConnect = 8,
}
