using Samples;

namespace EventSourcing;

/// <summary>Several tellers who work on the same accounts.</summary>
internal sealed class Tellers : IAsyncDisposable
{
    private readonly List<TellerProcess> _tellers = [.. Enumerable.Range(1, 3).Select(number => new TellerProcess($"teller {number}"))];
    private TellerProcess? _killed;

    /// <summary>Once all of them have run into each other, one is killed, and another one comes.</summary>
    public async Task KillOneAsync()
    {
        _killed = _tellers[^1];
        await Patience.UntilAsync(() => _killed.Appended >= 30 && _tellers.All(teller => teller.Conflicts > 0), "every teller to run into another");
        await _killed.KillAsync();
        _tellers.Add(new TellerProcess("teller 4"));
        Console.WriteLine($"   {_tellers[0].FirstConflict}");
        Console.WriteLine($"   {_killed.Name} is killed in the middle of its work; another one comes");
    }

    /// <summary>Has them go on until they have appended so much, and stop.</summary>
    /// <returns>How many deposits and withdrawals they said went through.</returns>
    public async Task<int> FinishAsync(int enough)
    {
        await Patience.UntilAsync(() => _tellers[^1].Appended > 0 && _tellers.Sum(teller => teller.Appended) >= enough, $"{enough} appends");
        await Task.WhenAll(_tellers.Select(teller => teller.StopAsync()));
        foreach (var teller in _tellers)
        {
            Console.WriteLine($"   {teller.Name}: {teller.Appended} appended, {teller.Conflicts} conflicts, {teller.Refused} refused for want of money{(teller == _killed ? ", then killed" : "")}");
        }

        return _tellers.Sum(teller => teller.Appended);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var teller in _tellers)
        {
            await teller.DisposeAsync();
        }
    }
}
