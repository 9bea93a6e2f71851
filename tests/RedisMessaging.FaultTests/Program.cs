using System.Globalization;
using RedisMessaging;
using RedisMessaging.FaultTests;

// The test runner never comes here: this is the consumer that row 11 kills.
await ConsumerProcess.RunAsync(args[0], args[1], Enum.Parse<TransportKind>(args[2]), TimeSpan.FromSeconds(double.Parse(args[3], CultureInfo.InvariantCulture)));
