using Todo.Api;
using Todo.Story;
using Todo.Worker;

// Todo           API and worker, killed at the worst moments, as a story
// Todo api       the API alone, on http://localhost:5000; --urls http://localhost:5080 for elsewhere
// Todo worker    the worker alone
Console.OutputEncoding = System.Text.Encoding.UTF8;
switch (args.FirstOrDefault())
{
    case "api":
        await ApiRole.RunAsync(args[1..]);
        return 0;
    case "worker":
        await WorkerRole.RunAsync(args[1..]);
        return 0;
    default:
        return await TodoStory.RunAsync(args) ? 0 : 1;
}
