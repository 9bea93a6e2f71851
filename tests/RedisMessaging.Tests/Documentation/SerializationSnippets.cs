using System.Text.Json.Serialization;

// The code of docs/serialization.md, compiled; ReadmeTests compares them.
namespace RedisMessaging.Tests.Documentation;

[JsonSerializable(typeof(MoneyDeposited))]
internal sealed partial class LedgerJson : JsonSerializerContext;

internal static class SerializationSnippets
{
    public static void Contexts(RedisMessagingBuilder messaging)
    {
        #region json-contexts
        messaging.UseJson(ShopJson.Default, LedgerJson.Default);
        #endregion
    }

    public static async Task PublishAsync(IMessageBus bus)
    {
        #region runtime-type
        AccountEvent opened = new AccountOpened("서연");
        await bus.PublishAsync(opened);                       // published as AccountOpened
        await bus.PublishManyAsync<AccountEvent>([opened, new MoneyDeposited(10)]);
        #endregion
    }
}
