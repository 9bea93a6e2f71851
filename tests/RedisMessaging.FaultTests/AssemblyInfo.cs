// A row mostly waits: for a fault to last, for a lease to end. Two side by side leave the cores free enough for the times that they measure; each has servers of its own.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
