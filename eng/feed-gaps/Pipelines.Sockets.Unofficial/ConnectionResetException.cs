namespace Pipelines.Sockets.Unofficial;

/// <summary>The connection is gone: thrown by a flush once sending has ended, and by a read after a reset.</summary>
public sealed class ConnectionResetException : IOException
{
    /// <summary>With a default message.</summary>
    public ConnectionResetException()
        : base("The connection was closed or reset.")
    {
    }

    /// <summary>With a message.</summary>
    public ConnectionResetException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and what caused it.</summary>
    public ConnectionResetException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
