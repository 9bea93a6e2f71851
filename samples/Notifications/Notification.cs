namespace Notifications;

/// <summary>What one user is told.</summary>
internal sealed record Notification(string Text);
