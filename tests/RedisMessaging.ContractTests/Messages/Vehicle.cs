using System.Text.Json.Serialization;

namespace RedisMessaging.ContractTests;

/// <summary>A base class that names what derives from it.</summary>
[JsonDerivedType(typeof(Bicycle), "bicycle")]
public abstract record Vehicle(int Wheels);
