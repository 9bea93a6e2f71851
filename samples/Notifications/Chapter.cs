using RedisMessaging;

namespace Notifications;

/// <summary>민지 and Ada over one transport: both online, then Ada away three times.</summary>
internal sealed class Chapter(string transport, IMessageBus bus)
{
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(10);

    private int _times;

    public async Task<IReadOnlyList<Outcome>> RunAsync()
    {
        Heading("민지 and Ada are online, and each is told something");
        await using var minji = await UserProcess.StartAsync("minji", transport);
        await using var first = await UserProcess.StartAsync("ada", transport);
        var toMinji = await SendAsync("minji", "택배가 도착했습니다", "서연님이 댓글을 남겼습니다");
        var toAda = await SendAsync("ada", "Your parcel is at the door", "Grace likes your photo");
        await minji.WaitForAsync(toMinji[^1]);
        await first.WaitForAsync(toAda[^1]);
        var online = new Outcome("ada, online", toAda, first.Shown);

        Heading("Ada closes the program, three notifications are sent, and she comes back");
        await first.StopAsync();
        var missed = await SendAsync("ada", "Your invoice is ready", "회의가 15시로 옮겨졌습니다", "Linus follows you");
        await using var second = await UserProcess.StartAsync("ada", transport);
        var closed = new Outcome("ada, closed for 3", missed, await CatchUpAsync(second));

        Heading("Ada's program is killed, three notifications are sent, and she comes back");
        await SettleAsync();
        await second.KillAsync();
        missed = await SendAsync("ada", "Your parcel was returned", "비밀번호가 변경되었습니다", "Margaret wrote to you");
        await using var third = await UserProcess.StartAsync("ada", transport);
        var killed = new Outcome("ada, killed for 3", missed, await CatchUpAsync(third));

        Heading("Ada is away for longer: eight notifications are sent, and she comes back");
        await third.StopAsync();
        missed = await SendAsync("ada", [.. Enumerable.Range(1, 8).Select(day => $"Day {day} without you")]);
        await using var fourth = await UserProcess.StartAsync("ada", transport);
        var away = new Outcome("ada, away for 8", missed, await CatchUpAsync(fourth));

        return [new Outcome("minji, online all the time", toMinji, minji.Shown), online, closed, killed, away];
    }

    private void Heading(string text) => Console.WriteLine($"== {transport}: {text}");

    /// <returns>What the user's screen should say of each.</returns>
    private async Task<IReadOnlyList<string>> SendAsync(string userId, params IReadOnlyList<string> texts)
    {
        await Sender.SendAsync(bus, userId, texts);
        return [.. texts.Select(text => $"{userId} | {text}")];
    }

    /// <summary>What Ada is shown when she is back. What was kept for her stands in front of what she is sent now, so that nobody has to wait for what may never come.</summary>
    private async Task<IReadOnlyList<string>> CatchUpAsync(UserProcess ada)
    {
        await SettleAsync();
        var welcome = await SendAsync("ada", $"Welcome back ({++_times})");
        await ada.WaitForAsync(welcome[0]);
        return [.. ada.Shown.TakeWhile(line => line != welcome[0])];
    }

    /// <summary>
    /// Until Redis has the acks of all that is kept for Ada. Killed before that she would be shown the last one again, when its lease is over: at least once. And a short stream makes room for
    /// the next one by dropping one that she may not have got yet.
    /// </summary>
    private async Task SettleAsync()
    {
        var topic = bus.Topic(Setup.ChannelOf("ada"));
        if (topic.Transport != TransportKind.Stream)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(LongestSettling);
        while (await topic.AsStream().Groups.ListAsync(deadline.Token) is var devices
            && (await topic.AsStream().SummarizeHistoryAsync(deadline.Token)).Last is var last
            && devices.Any(device => device.Pending > 0 || device.LastDelivered != last))
        {
            await Task.Delay(20, deadline.Token);
        }
    }
}
