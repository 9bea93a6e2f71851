using System.Text.Json;
using RedisMessaging.FaultTests;

// The test runner never comes here: this is the consumer that the rows about consumers kill and freeze.
await ConsumerProgram.RunAsync(JsonSerializer.Deserialize(args[0], LoadJson.Default.ConsumerProcessOptions)!);
