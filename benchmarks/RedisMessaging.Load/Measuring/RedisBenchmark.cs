using System.Diagnostics;
using System.Globalization;
using System.Net;
using RedisMessaging.Load.Ways;
using StackExchange.Redis;

namespace RedisMessaging.Load.Measuring;

/// <summary>What the server can do at the most: redis-benchmark, 50 connections and 64 commands in each write.</summary>
internal static class RedisBenchmark
{
    private const int Requests = 400_000;
    private const int ReadCount = 100;

    /// <summary>Messages a second in and out again, with commands of the same size; acks are not among them, which makes it a limit no transport with acks can reach. 0 where redis-benchmark can't be run.</summary>
    /// <param name="publishOnly">Whether what goes in does not come out.</param>
    public static async Task<double> LimitAsync(string connection, TransportKind transport, int frameBytes, bool publishOnly)
    {
        var place = Place.New(connection);
        var frame = new string('x', frameBytes);
        try
        {
            switch (transport)
            {
                case TransportKind.PubSub:
                    return await RunAsync(connection, Requests, "PUBLISH", place.Prefix + Place.Topic, frame);
                case TransportKind.Queue:
                    var push = await RunAsync(connection, Requests, "LPUSH", place.Queue!, frame);
                    return publishOnly ? push : InTurn(push, await RunAsync(connection, Requests, "RPOP", place.Queue!));
                default:
                    var add = await RunAsync(connection, Requests, "XADD", place.Stream!, "*", "m", frame);
                    if (publishOnly)
                    {
                        return add;
                    }

                    await using (var redis = await place.ConnectAsync())
                    {
                        await redis.GetDatabase().StreamCreateConsumerGroupAsync(place.Stream, Place.Group, "0");
                    }

                    return InTurn(add, ReadCount * await RunAsync(connection, Requests / ReadCount, "XREADGROUP", "GROUP", Place.Group, "one", "COUNT", $"{ReadCount}", "STREAMS", place.Stream!, ">"));
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0;
        }
        finally
        {
            await place.ClearAsync();
        }
    }

    private static double InTurn(double a, double b) => 1 / ((1 / a) + (1 / b));

    private static async Task<double> RunAsync(string connection, int requests, params string[] command)
    {
        var options = ConfigurationOptions.Parse(connection);
        var (host, port) = options.EndPoints[0] switch
        {
            DnsEndPoint name => (name.Host, name.Port),
            IPEndPoint address => (address.Address.ToString(), address.Port),
            var other => throw new NotSupportedException($"redis-benchmark can't be sent to {other}."),
        };
        string[] credentials = options.Password is null ? [] : options.User is null ? ["-a", options.Password] : ["--user", options.User, "-a", options.Password];
        using var process = Process.Start(new ProcessStartInfo("redis-benchmark", ["-h", host, "-p", $"{port}", .. credentials, "-n", $"{requests}", "-c", "50", "-P", requests < 100_000 ? "1" : "64", "--csv", .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        // "test","rps",… and behind it the figures; the test's name may hold commas, but no quote follows one of its commas.
        var line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? throw new InvalidOperationException($"redis-benchmark said nothing: {await error}");
        return double.Parse(line.Split("\",\"")[1], CultureInfo.InvariantCulture);
    }
}
