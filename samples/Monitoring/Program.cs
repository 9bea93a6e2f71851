using Monitoring;

// Monitoring                the whole story
// Monitoring report NAME    a process that reports its vitals; Enter ends it
// Monitoring watch [NAME]   the table of all that report, or of one; Enter ends it
Console.OutputEncoding = System.Text.Encoding.UTF8;
switch (args)
{
    case ["report", var name]:
        await Reporter.RunAsync(name);
        return 0;
    case ["watch"]:
        await Watcher.RunAsync(Setup.AllHosts);
        return 0;
    case ["watch", var name]:
        await Watcher.RunAsync(Setup.ChannelOf(name));
        return 0;
    case []:
        return await Story.RunAsync() ? 0 : 1;
    default:
        Console.WriteLine("report NAME | watch [NAME]");
        return 1;
}
