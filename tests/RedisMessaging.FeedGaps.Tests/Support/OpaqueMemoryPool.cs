using System.Buffers;

namespace RedisMessaging.FeedGaps.Tests.Support;

/// <summary>A pool whose memory does not tell that an array lies beneath it, as native memory would not.</summary>
internal sealed class OpaqueMemoryPool : MemoryPool<byte>
{
    public override int MaxBufferSize => 1 << 20;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Opaque(Math.Max(minBufferSize, 256));

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Opaque(int length) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = GC.AllocateArray<byte>(length, pinned: true);

        public override Span<byte> GetSpan() => _bytes;

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
            => new((byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, elementIndex), pinnable: this);

        public override void Unpin()
        {
        }

        protected override bool TryGetArray(out ArraySegment<byte> segment)
        {
            segment = default;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
