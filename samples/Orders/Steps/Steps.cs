using RedisMessaging;

namespace Orders;

/// <summary>The steps, each with its group and what is to happen when it fails.</summary>
internal static class Steps
{
    public static Step Payment { get; } = new("payment", TakePayment.Schema, "payments", messaging => messaging.AddHandler<OrderPlaced, TakePayment>(handler =>
    {
        handler.Group = "payment";
        handler.Prefetch = 10;
    }));

    public static Step Inventory { get; } = new("inventory", ReserveStock.Schema, "reservations", messaging => messaging.AddHandler<OrderPlaced, ReserveStock>(handler =>
    {
        // Waits 0.2, 0.4 and 0.8 s; then somebody has to look at it.
        handler.Group = "inventory";
        handler.Retry.MaxAttempts = 4;
        handler.Retry.Delay = TimeSpan.FromMilliseconds(200);
    }));

    public static Step Shipping { get; } = new("shipping", null, null, messaging => messaging.AddHandler<OrderPlaced, WriteLabel>(handler => handler.Group = "shipping"));

    public static Step Confirmation { get; } = new("confirmation", null, null, messaging => messaging.AddHandler<OrderPlaced, SendConfirmation>(handler =>
    {
        // A gateway that is down comes back some day: worth many attempts.
        handler.Group = "confirmation";
        handler.Retry.MaxAttempts = 100;
        handler.Retry.Delay = TimeSpan.FromMilliseconds(250);
        handler.Retry.MaxDelay = TimeSpan.FromSeconds(1);
    }));

    public static Step Loyalty { get; } = new("loyalty", AddPoints.Schema, "points", messaging => messaging.AddHandler<OrderPlaced, AddPoints>(handler => handler.Group = "loyalty"));

    public static Step Statistics { get; } = new("statistics", CountSales.Schema, "sales", messaging => messaging.AddBatchHandler<OrderPlaced, CountSales>(handler =>
    {
        handler.Group = "statistics";
        handler.BatchSize = 20;
        handler.BatchWait = TimeSpan.FromMilliseconds(200);
    }));

    /// <summary>Comes later, and reads what was published before there was such a step.</summary>
    public static Step Fraud { get; } = new("fraud", WatchSpending.Schema, "orders", messaging => messaging.AddHandler<OrderPlaced, WatchSpending>(handler =>
    {
        handler.Group = "fraud";
        handler.StartAt = StartPosition.Beginning;
    }));

    public static IReadOnlyList<Step> FromTheStart { get; } = [Payment, Inventory, Shipping, Confirmation, Loyalty, Statistics];

    public static IReadOnlyList<Step> All { get; } = [.. FromTheStart, Fraud];
}
