namespace RedisMessaging.Benchmarks;

internal sealed record LargeMessage(int Number, string Text);
