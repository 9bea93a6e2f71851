namespace RedisMessaging.Load.Measuring;

/// <summary>What one run of one way came to.</summary>
/// <param name="Way">Which way it was.</param>
/// <param name="Messages">How many messages.</param>
/// <param name="Seconds">How long they took.</param>
/// <param name="AllocatedBytes">What the client allocated in all, publisher and consumer.</param>
/// <param name="ClientMicroseconds">The client's CPU time, user and system.</param>
/// <param name="ServerMicroseconds">The server's, as INFO has it.</param>
internal sealed record Sample(string Way, long Messages, double Seconds, double AllocatedBytes, double ClientMicroseconds, double ServerMicroseconds)
{
    /// <summary>From publish to handler, in microseconds; 0 where it was not measured.</summary>
    public double P50 { get; init; }

    public double P90 { get; init; }

    public double P99 { get; init; }

    public double P999 { get; init; }

    public double Rate => Messages / Seconds;

    public double BytesEach => AllocatedBytes / Messages;

    public double ClientEach => ClientMicroseconds / Messages;

    public double ServerEach => ServerMicroseconds / Messages;

    /// <summary>Each figure's median, for one message.</summary>
    public static Sample MedianOf(IReadOnlyCollection<Sample> samples)
    {
        return new Sample(samples.First().Way, 1, 1 / Of(sample => sample.Rate), Of(sample => sample.BytesEach), Of(sample => sample.ClientEach), Of(sample => sample.ServerEach))
        {
            P50 = Of(sample => sample.P50),
            P90 = Of(sample => sample.P90),
            P99 = Of(sample => sample.P99),
            P999 = Of(sample => sample.P999),
        };

        double Of(Func<Sample, double> figure) => samples.Select(figure).Median();
    }
}
