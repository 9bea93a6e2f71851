namespace Orders;

/// <summary>A group at this moment.</summary>
/// <param name="Lag">What it has not fetched yet.</param>
/// <param name="Pending">What it has fetched and not acked.</param>
/// <param name="Retrying">What failed and waits to be handled again.</param>
/// <param name="Dead">What it could not handle, kept aside.</param>
/// <param name="Handled">All the rest.</param>
internal sealed record GroupRow(string Name, long Lag, long Pending, long Retrying, long Dead, long Handled)
{
    /// <summary>Nothing is left to do, but for what was kept aside.</summary>
    public bool IsThrough => Lag == 0 && Pending == 0 && Retrying == 0;
}
