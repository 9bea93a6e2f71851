namespace RedisMessaging.Load.Targets;

/// <summary>What is to be reached.</summary>
/// <param name="Name">The row's name, by which it is chosen.</param>
/// <param name="What">The row in words.</param>
/// <param name="Wanted">The figure.</param>
/// <param name="AtLeast">Whether more is better.</param>
/// <param name="Unit">× for a ratio, B for bytes.</param>
internal sealed record Target(string Name, string What, double Wanted, bool AtLeast, string Unit = "×")
{
    public bool IsMetBy(double value) => AtLeast ? value >= Wanted : value <= Wanted;
}
