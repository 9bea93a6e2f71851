namespace RedisMessaging.Publishing.Repeats;

/// <summary>The numbers of what is sent in one call; none where repeats are not known.</summary>
/// <param name="SentAt">A timestamp.</param>
internal readonly record struct PublishTags(PublishSeries? Series, long First, long SentAt)
{
    /// <summary>Whether there are any.</summary>
    public bool Any => Series is not null;

    public long NumberOf(int index) => First + index;

    public string ProducerOf(int index) => Series!.ProducerOf(First + index);

    public PublishMark MarkOf(int index, TimeProvider time) => new(Series!, First + index, SentAt, time);
}
