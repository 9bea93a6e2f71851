namespace RedisMessaging.Transports.Streams.Recovery;

/// <summary>What a receiver knows of an entry it holds.</summary>
/// <param name="Receipt">Its id as text.</param>
/// <param name="ClaimedAt">A timestamp from before the command was sent that last claimed it or began its lease anew.</param>
/// <param name="IsOrphan">
/// Redis has forgotten that it is pending (its group was lost, or the entry was trimmed), so nobody else can get it: only this receiver's memory keeps it.
/// </param>
/// <param name="IsInDoubt">A verdict on it was sent, and its answer was lost: that it is no longer pending may be its own doing.</param>
internal readonly record struct OwnedEntry(string Receipt, long ClaimedAt, bool IsOrphan = false, bool IsInDoubt = false);
