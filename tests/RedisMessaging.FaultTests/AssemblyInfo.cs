// Each row wants the machine for itself: it measures time, and starts a server of its own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
