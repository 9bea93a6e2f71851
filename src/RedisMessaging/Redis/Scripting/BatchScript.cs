using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Scripting;

/// <summary>
/// Sends many frames with one script, where a command for each would cost client and server more than its message does. Where a publisher
/// may run no scripts it says so, and is not asked again.
/// </summary>
/// <param name="script">Takes its first argument, if it is given one, and then the frames; answers with one text that tells of all of
/// them.</param>
/// <param name="keys">What the script's keys are.</param>
/// <param name="read">Reads an answer.</param>
internal sealed class BatchScript(string script, RedisKey[] keys, BatchScript.ReadAnswer read)
{
    /// <summary>A script keeps the server from everybody else.</summary>
    private const int Most = 256;

    private const int Fewest = 4;

    /// <summary>Lua copies what it is given: beyond this many bytes a message, that costs more than a command.</summary>
    private const int MostBytesPerMessage = 1024;

    private Task? _asking;
    private volatile bool _isAllowed;
    private volatile bool _isDenied;

    public delegate void ReadAnswer(ReadOnlySpan<byte> answer, Span<SendResult> results);

    /// <summary>
    /// Whether to send frames so. Not before the server has run the script once, with nothing to send: if it were refused with messages,
    /// they would be sent again behind later ones.
    /// </summary>
    /// <param name="first">The script's first argument.</param>
    public bool Suits(IDatabase database, BatchArgument? first, ReadOnlySpan<OutgoingFrame> frames)
    {
        if (frames.Length < Fewest || _isDenied)
        {
            return false;
        }

        if (!_isAllowed)
        {
            Ask(database, first);
            return false;
        }

        long bytes = 0;
        foreach (ref readonly var frame in frames)
        {
            bytes += frame.Bytes.Length;
        }

        return bytes <= (long)MostBytesPerMessage * frames.Length;
    }

    /// <returns>False when the script is denied now, and nothing was sent.</returns>
    public async ValueTask<bool> TryRunAsync(
        IDatabase database,
        BatchArgument? first,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results)
    {
        // All on their way at once: the connection keeps their order.
        var calls = new Task<RedisResult>[(frames.Length + Most - 1) / Most];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = CallAsync(database, first?.At(i * Most), frames.Span[(i * Most)..Math.Min(frames.Length, (i + 1) * Most)]);
        }

        for (var i = 0; i < calls.Length; i++)
        {
            var part = results[(i * Most)..Math.Min(frames.Length, (i + 1) * Most)];
            try
            {
                ReadOnlyMemory<byte> answer = (RedisValue)await calls[i].ConfigureAwait(false);
                read(answer.Span, part.Span);
            }
            catch (RedisServerException denied) when (i == 0 && RedisErrors.IsDenied(denied))
            {
                _isDenied = true;
                await ((Task)Task.WhenAll(calls)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return false;
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // One script, one fate.
                part.Span.Fill(new SendResult(Error: error));
            }
        }

        return true;
    }

    private void Ask(IDatabase database, BatchArgument? first)
    {
        if (_asking is null or { IsCompleted: true })
        {
            _asking = AskAsync(database, first);
        }
    }

    private async Task AskAsync(IDatabase database, BatchArgument? first)
    {
        try
        {
            await CallAsync(database, first?.Text, []).ConfigureAwait(false);
            _isAllowed = true;
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            // Whatever else it was passes, and is asked again then.
            _isDenied = RedisErrors.IsDenied(error);
        }
    }

    private Task<RedisResult> CallAsync(IDatabase database, RedisValue? first, ReadOnlySpan<OutgoingFrame> frames)
    {
        var before = first is null ? 0 : 1;
        var arguments = new RedisValue[before + frames.Length];
        if (first is { } argument)
        {
            arguments[0] = argument;
        }

        for (var i = 0; i < frames.Length; i++)
        {
            arguments[before + i] = frames[i].Bytes;
        }

        try
        {
            return database.ScriptEvaluateAsync(script, keys, arguments);
        }
        catch (Exception error)
        {
            // A closed multiplexer throws instead of returning a failed task.
            return Task.FromException<RedisResult>(error);
        }
    }
}
