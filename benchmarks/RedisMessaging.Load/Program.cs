using RedisMessaging.Load.Commands;
using Spectre.Console;

AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 140);
var rest = args.Skip(1).ToArray();
try
{
    return args.FirstOrDefault() switch
    {
        "load" => await LoadCommand.RunAsync(new Arguments(rest)),
        "consume" => await ConsumeCommand.RunAsync(new Arguments(rest)),
        "quick" => await QuickCommand.RunAsync(new Arguments(rest, "--record")),
        "growth" => await GrowthCommand.RunAsync(new Arguments(rest)),
        "usual" => await UsualCommand.RunAsync(new Arguments(rest)),
        "report" => await ReportCommand.RunAsync(new Arguments(rest, "--read")),
        "targets" => await TargetsCommand.RunAsync(new Arguments(rest)),
        _ => throw new ArgumentException("usage: load | targets | quick | growth | usual | report"),
    };
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
