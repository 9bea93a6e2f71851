using System.Text.Json.Serialization;
using RedisMessaging.Tests.Documentation;

namespace RedisMessaging.Tests.Interop;

[JsonSerializable(typeof(Payment))]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(Documentation.PriceChanged))]
[JsonSerializable(typeof(Documentation.OrderPlaced))]
[JsonSerializable(typeof(Support.SendEmail))]
internal sealed partial class InteropJson : JsonSerializerContext;
