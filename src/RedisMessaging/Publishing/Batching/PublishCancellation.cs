namespace RedisMessaging.Publishing.Batching;

/// <summary>Cancels one publish when its caller's token is cancelled.</summary>
internal sealed record PublishCancellation(PublishQueue Queue, PendingPublish Entry)
{
    public void Run()
    {
        if (Queue.Cancel(Entry))
        {
            Entry.Complete();
        }
    }
}
