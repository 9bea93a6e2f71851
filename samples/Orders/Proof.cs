namespace Orders;

/// <summary>Checks what was promised, by what Redis says and by what lies in the databases.</summary>
internal sealed class Proof(DataFolder data, int orders)
{
    /// <param name="rows">What Redis says.</param>
    /// <param name="recognised">How many payments came again.</param>
    /// <returns>Whether it all holds.</returns>
    public async Task<bool> PrintAsync(IReadOnlyList<GroupRow> rows, int recognised)
    {
        var holds = rows.Count == Steps.All.Count;
        var (lost, doubled) = (0L, 0L);
        Console.WriteLine($"   {"",-12} {"handled",7} {"on record",9} {"lost",5} {"doubled",7}");
        foreach (var step in Steps.All)
        {
            var row = rows.FirstOrDefault(row => row.Name == step.Name);
            var (records, distinct) = await CountAsync(step);
            Console.WriteLine($"   {step.Name,-12} {row?.Handled,7} {records,9} {orders - distinct,5} {records - distinct,7}");
            (lost, doubled) = (lost + orders - distinct, doubled + records - distinct);
            holds &= row is { IsThrough: true, Dead: 0 } && row.Handled == orders && (records, distinct) == (orders, orders);
        }

        var payments = DatabaseOf(Steps.Payment);
        var paidOnce = await payments.CountAsync("SELECT COUNT(*) FROM (SELECT order_number FROM payments GROUP BY order_number HAVING COUNT(*) = 1)");
        var charged = await payments.CountAsync("SELECT SUM(charged) FROM accounts");
        var ordered = Enumerable.Range(1, orders).Sum(number => (long)OrderBook.Order(number).Won);
        Console.WriteLine($"paid once: {paidOnce} of {orders} | charged: {charged:N0} of {ordered:N0} won | lost: {lost} | doubled: {doubled} | duplicates recognised: {recognised}");
        return holds && paidOnce == orders && charged == ordered && recognised > 0;
    }

    private async Task<(long Records, long Distinct)> CountAsync(Step step)
    {
        if (step.Records is null)
        {
            var files = Directory.GetFiles(step == Steps.Shipping ? data.Labels : data.Sent).Length;
            return (files, files);
        }

        var database = DatabaseOf(step);
        return (await database.CountAsync($"SELECT COUNT(*) FROM {step.Records}"), await database.CountAsync($"SELECT COUNT(DISTINCT order_number) FROM {step.Records}"));
    }

    private StepDatabase DatabaseOf(Step step) => StepDatabase.Open(data.DatabaseOf(step), step.Schema!);
}
