namespace Monitoring;

/// <summary>The section <c>Monitoring</c> of appsettings.json.</summary>
internal sealed class MonitoringOptions
{
    public TimeSpan ReportEvery { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a host may say nothing until it is shown as silent.</summary>
    public TimeSpan SilentAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>And how long until it is taken for gone.</summary>
    public TimeSpan GoneAfter { get; set; } = TimeSpan.FromSeconds(3);
}
