using System.Collections;

namespace Pipelines.Sockets.Unofficial;

/// <summary>Walks the invocation list of a delegate without allocating.</summary>
public static class Delegates
{
    /// <summary>Whether <paramref name="handler"/> calls exactly one method.</summary>
    public static bool IsSingle(this MulticastDelegate handler) => handler is { HasSingleTarget: true };

    /// <summary>The delegates in the invocation list of <paramref name="handler"/>; none when it is null.</summary>
    public static DelegateEnumerable<T> AsEnumerable<T>(this T? handler)
        where T : MulticastDelegate
        => new(handler);

    /// <summary>An invocation list.</summary>
    public readonly struct DelegateEnumerable<T>
        where T : MulticastDelegate
    {
        private readonly T? _handler;

        internal DelegateEnumerable(T? handler) => _handler = handler;

        /// <summary>Starts at the first delegate.</summary>
        public DelegateEnumerator<T> GetEnumerator() => new(_handler);
    }

    /// <summary>A position in an invocation list. StackExchange.Redis disposes it through the interface: without it, a handler that calls several methods ends the process.</summary>
    public struct DelegateEnumerator<T> : IEnumerator<T>
        where T : MulticastDelegate
    {
        private Delegate.InvocationListEnumerator<T> _inner;

        internal DelegateEnumerator(T? handler) => _inner = Delegate.EnumerateInvocationList(handler);

        /// <summary>The delegate at this position.</summary>
        public readonly T Current => _inner.Current;

        readonly object IEnumerator.Current => _inner.Current;

        /// <summary>Goes to the next delegate, if there is one.</summary>
        public bool MoveNext() => _inner.MoveNext();

        /// <summary>Nothing to give back.</summary>
        public readonly void Dispose()
        {
        }

        readonly void IEnumerator.Reset() => throw new NotSupportedException();
    }
}
