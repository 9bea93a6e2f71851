using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>One consumer whose user's code throws for one message: what its handlers do, and what they have done.</summary>
internal sealed class ForeignTrial(ForeignFault fault, HandlerForm form, string topic)
{
    /// <summary>The text of the message that something throws for.</summary>
    public const string Bad = "bad";

    /// <summary>The text of a message that is handled until the consumer stops.</summary>
    public const string Held = "held";

    public const int MaxAttempts = 2;

    private readonly TaskCompletionSource _holds = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ForeignFault Fault => fault;

    public HandlerForm Form => form;

    public string Topic => topic;

    public ForeignLog Log { get; } = new(throws: fault == ForeignFault.Logger);

    public ConcurrentQueue<int> Handled { get; } = new();

    /// <summary>How often the handler was started with the bad message.</summary>
    public int BadStarts => _badStarts;

    private int _badStarts;

    /// <summary>Ends when the message to be held is in hand.</summary>
    public Task Holds => _holds.Task;

    /// <summary>Whether disposing of a handler that had the bad message throws.</summary>
    public bool DisposeThrows => fault is ForeignFault.Dispose or ForeignFault.DisposeToo;

    public void Configure(RetryOptions retry)
    {
        retry.MaxAttempts = MaxAttempts;
        retry.Delay = TimeSpan.FromMilliseconds(1);
        if (fault == ForeignFault.Condition)
        {
            retry.DoNotRetry<InvalidOperationException>(error => error.Data["code"]!.ToString() == "1");
        }
    }

    public async Task HandleAsync(Note note, CancellationToken cancellationToken)
    {
        if (note.Text == Held && fault != ForeignFault.None)
        {
            if (fault == ForeignFault.Callback)
            {
                cancellationToken.Register(() => throw new InvalidOperationException("A callback on a token threw."));
            }

            _holds.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        if (note.Text == Bad)
        {
            Interlocked.Increment(ref _badStarts);
            switch (fault)
            {
                case ForeignFault.Message:
                    throw new BrokenException(hasMessage: false);
                case ForeignFault.Text:
                    throw new BrokenException(hasMessage: true);
                case ForeignFault.FilterBefore or ForeignFault.FilterAfter or ForeignFault.Serializer or ForeignFault.Dispose:
                    return;
                default:
                    throw new InvalidOperationException("The bad message.");
            }
        }

        Handled.Enqueue(note.Number);
    }

    /// <summary>Reads until it is stopped: with errors of reading and the bad message to the dead letters.</summary>
    public async Task ReadAsync(IMessageBus bus, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in bus.ReadAsync<Note>(topic, new SubscribeOptions { Prefetch = 4 }, cancellationToken))
            {
                if (!message.TryGetMessage(out var note) || note.Text == Bad)
                {
                    await message.DeadLetterAsync("bad", CancellationToken.None);
                }
                else if (note.Text == Held && fault != ForeignFault.None)
                {
                    _holds.TrySetResult();
                }
                else
                {
                    Handled.Enqueue(note.Number);
                    await message.AckAsync(CancellationToken.None);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
