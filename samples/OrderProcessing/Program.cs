using OrderProcessing;

// OrderProcessing                              the story: producers, workers, one of which is killed
// OrderProcessing --workers 5 --orders 200     the same with more of them
// OrderProcessing work                         one worker; the end of its input stops it
// OrderProcessing produce --orders 20          a producer alone
// OrderProcessing pending                      what is pending, with whom
Console.OutputEncoding = System.Text.Encoding.UTF8;
switch (args.FirstOrDefault())
{
    case "work":
        await Worker.RunAsync(args[1..]);
        return 0;
    case "produce":
        await Producer.RunAsync(args[1..]);
        return 0;
    case "pending":
        await PendingView.RunAsync(args[1..]);
        return 0;
    default:
        return await Story.RunAsync(args) ? 0 : 1;
}
