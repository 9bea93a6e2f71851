using RedisMessaging.Load.Commands;
using Spectre.Console;

AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 140);
var rest = args.Skip(1).ToArray();
try
{
    return args.FirstOrDefault() switch
    {
        "targets" => await TargetsCommand.RunAsync(new Arguments(rest)),
        _ => throw new ArgumentException("usage: targets"),
    };
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
