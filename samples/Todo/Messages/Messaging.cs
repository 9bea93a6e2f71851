using RedisMessaging;

namespace Todo.Messages;

/// <summary>What API and worker have in common.</summary>
internal static class Messaging
{
    public const string Topic = "todo_updates";

    public static void Configure(RedisMessagingBuilder messaging)
    {
        messaging.UseJson(MessagesJson.Default);
        messaging.AddStream<TodoUpdated>(Topic);
    }
}
