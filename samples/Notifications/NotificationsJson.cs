using System.Text.Json.Serialization;

namespace Notifications;

/// <summary>How messages are written, generated when this is compiled.</summary>
[JsonSerializable(typeof(Notification))]
internal sealed partial class NotificationsJson : JsonSerializerContext;
