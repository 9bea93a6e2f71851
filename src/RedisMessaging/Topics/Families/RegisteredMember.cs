namespace RedisMessaging.Topics.Families;

/// <summary>A member as its family's registry has it.</summary>
/// <param name="Number">Rises with every registration.</param>
internal readonly record struct RegisteredMember(string Name, double Number);
