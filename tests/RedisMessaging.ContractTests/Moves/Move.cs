namespace RedisMessaging.ContractTests.Moves;

/// <summary>Something that moves messages from one place to another.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Kind">Over which transport.</param>
/// <param name="Scripts">The scripts that do it: each of their commands is taken away.</param>
/// <param name="Keys">Keys that come to hold something else, by their names behind the topic's tag.</param>
/// <param name="RunAsync">Sets it going, breaks it in the middle, mends it, and asserts that nothing is lost.</param>
internal sealed record Move(string Name, TransportKind Kind, string[] Scripts, string[] Keys, Func<MoveScene, Task> RunAsync)
{
    public override string ToString() => $"{Name} over {Kind}";
}
