using RedisMessaging;

namespace News;

/// <summary><c>News publish</c>: publishes to several channels, and says of each what is known then.</summary>
internal static class Publisher
{
    private static readonly (string Channel, string Headline)[] Morning =
    [
        ("news:sport", "손흥민, 결승골을 넣다"),
        ("news:culture", "Nobel Prize in Literature for Han Kang"),
        ("news:weather", "서울 첫눈, 예년보다 이틀 일러"),
    ];

    private static readonly (string Channel, string Headline)[] Night =
    [
        ("news:sport", "연장 끝에 승부차기"),
        ("news:culture", "A gallery opens at midnight"),
        ("news:weather", "밤사이 안개 주의"),
    ];

    /// <param name="edition"><c>morning</c> or <c>night</c>.</param>
    public static async Task RunAsync(string edition, string[] args)
    {
        using var host = Desk.Build(args);
        await host.StartAsync();
        foreach (var (channel, headline) in edition == "night" ? Night : Morning)
        {
            var result = await Desk.BusOf(host).PublishToAsync(channel, new NewsItem(headline));
            Console.WriteLine($"published | {channel} | {headline} | {Outcome(result)}");
        }

        await host.StopAsync();
    }

    private static string Outcome(PublishResult result) => result switch
    {
        { Receivers: 0 } => "received by 0: nobody listened, it is gone",
        { Receivers: { } receivers } => $"received by {receivers}",
        { Position: { } position } => $"kept as entry {position}",
        _ => "kept",
    };
}
