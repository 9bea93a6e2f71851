using Chat;

// Chat                    two servers side by side, until Ctrl+C or the end of its input
// Chat serve --urls …     one server alone
Console.OutputEncoding = System.Text.Encoding.UTF8;
if (args.FirstOrDefault() == "serve")
{
    await ChatServer.RunAsync(args[1..]);
}
else
{
    await SideBySide.RunAsync(args);
}
