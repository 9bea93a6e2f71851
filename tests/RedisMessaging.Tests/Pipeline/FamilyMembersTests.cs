using RedisMessaging.Tests.Support;
using RedisMessaging.Topics.Families;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>How many members a process remembers.</summary>
public sealed class FamilyMembersTests
{
    [Fact]
    public async Task Beyond_the_limit_those_not_used_for_longest_are_forgotten()
    {
        var time = new TestTime();
        var made = 0;
        await using var members = new FamilyMembers(
            _ =>
            {
                made++;
                return new FakeTransport((_, _) => default);
            },
            registry: null!,
            time);
        for (var i = 0; i < FamilyMembers.Limit; i++)
        {
            members.Get($"m{i}");
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        members.Get("m0");
        made.Should().Be(FamilyMembers.Limit, "each is made once");
        members.Get("one more");

        members.Get($"m{FamilyMembers.Limit - 1}");
        made.Should().Be(FamilyMembers.Limit + 1);
        members.Get("m0");
        made.Should().Be(FamilyMembers.Limit + 2, "the first one was forgotten");
    }
}
