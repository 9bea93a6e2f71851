using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        var folder = Repository.Path("tests", "RedisMessaging.Tests", "PublicApi");
        var approvedFile = Path.Combine(folder, "RedisMessaging.approved.txt");
        var receivedFile = Path.Combine(folder, "RedisMessaging.received.txt");
        var received = PublicApiWriter.Write(typeof(IMessageBus).Assembly);
        var approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile).ReplaceLineEndings("\n") : "";
        if (received == approved)
        {
            File.Delete(receivedFile);
            return;
        }

        File.WriteAllText(receivedFile, received);
        var before = approved.Split('\n').ToHashSet();
        var after = received.Split('\n').ToHashSet();
        var differences = before.Except(after).Select(line => $"- {line.Trim()}").Concat(after.Except(before).Select(line => $"+ {line.Trim()}"));
        Assert.Fail(
            $"The public surface differs from what was approved:\n{string.Join('\n', differences)}\n\n"
            + $"If that is meant, say so in CHANGELOG.md and accept it:\n    mv {receivedFile} {approvedFile}");
    }
}
