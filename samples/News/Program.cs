using News;

// News              subscriber and publisher, one after the other, as a story
// News subscribe    the subscriber alone; Enter ends it
// News publish      the publisher alone: the morning's news (publish-night: the night's)
Console.OutputEncoding = System.Text.Encoding.UTF8;
switch (args.FirstOrDefault())
{
    case "subscribe":
        await Subscriber.RunAsync(args[1..]);
        return 0;
    case "publish" or "publish-morning":
        await Publisher.RunAsync("morning", args[1..]);
        return 0;
    case "publish-night":
        await Publisher.RunAsync("night", args[1..]);
        return 0;
    default:
        return await Story.RunAsync(args) ? 0 : 1;
}
