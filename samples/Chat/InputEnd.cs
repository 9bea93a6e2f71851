namespace Chat;

/// <summary>The end of this program's input: Ctrl+D, or the end of the program that started it.</summary>
internal static class InputEnd
{
    /// <summary>On a thread of its own: the console is read without giving the thread back.</summary>
    public static Task WaitAsync() => Task.Factory.StartNew(
        () =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
