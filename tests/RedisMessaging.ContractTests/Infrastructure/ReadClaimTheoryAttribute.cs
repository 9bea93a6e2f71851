using RedisMessaging.Redis.ServerChecks;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>A theory that is skipped where the tests' server does not know XREADGROUP … CLAIM.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReadClaimTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Reason = new(() => Task.Run(LookAsync).GetAwaiter().GetResult());

    public ReadClaimTheoryAttribute() => Skip = Reason.Value;

    private static async Task<string?> LookAsync()
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync((await RedisServer.SharedAsync()).ConnectionString);
            var verbs = new ServerVerbs(NewerVerb.None, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            await verbs.LookForReadClaimAsync(UniquePrefix.Create(), async (command, arguments) => await redis.GetDatabase().ExecuteAsync(command, arguments));
            return verbs.Has(NewerVerb.ReadClaim) ? null : "The server does not know XREADGROUP … CLAIM: put Redis 8.4 or newer on the PATH.";
        }
        catch (Exception error)
        {
            return $"There is no server to ask for XREADGROUP … CLAIM: {error.Message}";
        }
    }
}
