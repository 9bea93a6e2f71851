using RedisMessaging.Tests.Support;

namespace RedisMessaging.FaultTests;

/// <summary>The lines of all rows, where <c>./build.sh test</c> finds them.</summary>
internal static class Matrix
{
    private static readonly string Folder = Repository.Path("artifacts");
    private static readonly Lock Writing = new();

    public static void Add(string line)
    {
        lock (Writing)
        {
            Directory.CreateDirectory(Folder);
            File.AppendAllText(Path.Combine(Folder, "fault-matrix.txt"), line + "\n");
        }
    }

    /// <summary>A file beside the matrix, for what happened on the way; written line by line, so that it tells the story of a run that hangs.</summary>
    public static StreamWriter OpenProtocol(string fileName)
    {
        Directory.CreateDirectory(Folder);
        return new StreamWriter(Path.Combine(Folder, fileName)) { AutoFlush = true };
    }
}
