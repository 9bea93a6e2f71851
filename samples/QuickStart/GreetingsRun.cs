using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;

namespace QuickStart;

/// <summary>Publishes a few greetings and waits until they have arrived.</summary>
internal static class GreetingsRun
{
    private static readonly Greeting[] Greetings =
    [
        new("Ada", "Hello, Redis!"),
        new("서연", "안녕하세요, 반갑습니다!"),
        new("Søren", "Goddag, goddag"),
    ];

    public static async Task<bool> RunAsync(IServiceProvider services, string transport)
    {
        var bus = services.GetRequiredService<IMessageBus>();
        Console.WriteLine($"greetings over {transport}");
        var published = new List<string>();
        foreach (var greeting in Greetings)
        {
            var result = await bus.PublishAsync(greeting);
            published.Add(result.MessageId);
            Console.WriteLine($"  published  {greeting.From}: {greeting.Text}  (message {result.MessageId}{Outcome(result)})");
        }

        var arrivals = services.GetRequiredService<Arrivals>();
        var complete = await arrivals.WaitAsync(published, TimeSpan.FromSeconds(10));
        Console.WriteLine($"  {arrivals.Count(published)} of {Greetings.Length} greetings arrived over {transport}");
        return complete;
    }

    private static string Outcome(PublishResult result) => result switch
    {
        { Receivers: { } receivers } => $", {receivers} received it",
        { Position: { } position } => $", entry {position}",
        _ => "",
    };
}
