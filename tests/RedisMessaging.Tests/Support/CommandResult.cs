namespace RedisMessaging.Tests.Support;

internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public CommandResult MustSucceed()
    {
        if (ExitCode != 0)
        {
            Assert.Fail($"Exit code {ExitCode}:\n{Output}\n{Errors}");
        }

        return this;
    }
}
