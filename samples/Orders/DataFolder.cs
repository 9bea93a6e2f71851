namespace Orders;

/// <summary>Where the steps keep what they did: a database each, the labels, and what the gateway was sent.</summary>
internal sealed class DataFolder
{
    private readonly string _path;

    public DataFolder(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(Labels);
        Directory.CreateDirectory(Sent);
    }

    public string Labels => Path.Combine(_path, "labels");

    public string Sent => Path.Combine(_path, "sent");

    /// <summary>While it is there, the mail gateway is down.</summary>
    public string GatewayIsDown => Path.Combine(_path, "gateway-is-down");

    public string DatabaseOf(Step step) => Path.Combine(_path, $"{step.Name}.db");

    /// <summary>Removes what an earlier run left, and nothing else.</summary>
    public void Clear()
    {
        // A process that was killed leaves its transaction's journal behind, which SQLite would roll back into the next database of that name.
        var databases = Steps.All.SelectMany(step => new[] { DatabaseOf(step), $"{DatabaseOf(step)}-journal" });
        foreach (var file in databases.Concat(Directory.EnumerateFiles(Labels)).Concat(Directory.EnumerateFiles(Sent)).Append(GatewayIsDown))
        {
            File.Delete(file);
        }
    }

    public override string ToString() => _path;
}
