using System.Runtime.CompilerServices;

namespace RedisMessaging.Testing;

/// <summary>Waits for what other threads or Redis bring about, with a deadline instead of a hoped-for sleep.</summary>
public static class Eventually
{
    /// <summary>Long, because it costs nothing when the condition comes true, and test machines can be slow.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within the deadline.</exception>
    public static Task TrueAsync(Func<bool> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), within, what);

    /// <inheritdoc cref="TrueAsync(Func{bool}, TimeSpan?, string)"/>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var deadline = within ?? Deadline;
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > deadline)
            {
                throw new TimeoutException($"Not within {deadline.TotalSeconds:0.#} s: {what}");
            }

            await Task.Delay(Interval);
        }
    }

    /// <summary>Waits for a task, but not for ever.</summary>
    /// <exception cref="TimeoutException">It did not end within the deadline.</exception>
    public static async Task<T> EndsAsync<T>(Task<T> task, TimeSpan? within = null, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await EndsAsync((Task)task, within, what);
        return await task;
    }

    /// <inheritdoc cref="EndsAsync{T}(Task{T}, TimeSpan?, string)"/>
    public static async Task EndsAsync(Task task, TimeSpan? within = null, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        var deadline = within ?? Deadline;
        try
        {
            await task.WaitAsync(deadline);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Not ended within {deadline.TotalSeconds:0.#} s: {what}");
        }
    }
}
